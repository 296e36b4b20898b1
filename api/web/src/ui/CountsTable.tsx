/** Counts by class and direction. */
import { useSignal } from "@preact/signals"
import { t } from "../i18n"
import { number, since } from "../i18n/format"
import { cameraById, cameras, countedSince } from "../state/cameras"
import { byClass, type Counts, sum } from "../state/counts"
import { cameraName } from "./labels"

export function CountsPanel() {
  const chosen = useSignal("")
  const one = chosen.value ? cameraById(chosen.value) : undefined
  const many = one ? [one] : (cameras.value ?? [])
  return (
    <section class="panel" aria-labelledby="counts-title">
      <header>
        <h2 id="counts-title">{t("counts.title")}</h2>
        <Since />
      </header>
      {(cameras.value?.length ?? 0) > 1 && (
        <label class="choice">
          <span class="unseen">{t("counts.camera")}</span>
          <select
            value={one ? chosen.value : ""}
            onChange={event => {
              chosen.value = event.currentTarget.value
            }}
          >
            <option value="">{t("counts.allCameras")}</option>
            {cameras.value?.map(camera => (
              <option key={camera.id} value={camera.id}>
                {cameraName(camera)}
              </option>
            ))}
          </select>
        </label>
      )}
      <CountsTable counts={many.map(camera => camera.counts.value)} />
    </section>
  )
}

export function Since() {
  return countedSince.value ? (
    <span class="since">{t("counts.since", { time: since(countedSince.value) })}</span>
  ) : null
}

interface TableProps {
  counts: readonly Counts[]
  caption?: string
  inName?: string
  outName?: string
}

export function CountsTable({ counts, caption, inName, outName }: TableProps) {
  const rows = byClass(counts)
  const all = sum(rows)
  return (
    <table class="counts">
      <caption class={caption ? undefined : "unseen"}>{caption ?? t("counts.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("counts.class")}</th>
          <th scope="col">{inName ?? t("counts.in")}</th>
          <th scope="col">{outName ?? t("counts.out")}</th>
          <th scope="col">{t("counts.total")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.of}>
            <th scope="row">
              <span class="swatch" data-class={row.of} />
              {t(`class.${row.of}`)}
            </th>
            <td>{number(row.in)}</td>
            <td>{number(row.out)}</td>
            <td>{number(row.in + row.out)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t("counts.total")}</th>
          <td>{number(all.in)}</td>
          <td>{number(all.out)}</td>
          <td>{number(all.in + all.out)}</td>
        </tr>
      </tfoot>
    </table>
  )
}
