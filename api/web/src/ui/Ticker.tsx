/** The newest crossings, live. */
import { useSignal } from "@preact/signals"
import type { Crossing } from "../api/types"
import { t } from "../i18n"
import { clockTime, number } from "../i18n/format"
import { cameraById, crossings } from "../state/cameras"
import { Icon } from "./Icon"
import { cameraName, directionName } from "./labels"

export function Ticker() {
  const held = useSignal<readonly Crossing[] | null>(null)
  const rows = held.value ?? crossings.value
  const label = held.value ? t("ticker.resume") : t("ticker.pause")
  return (
    <section class="panel ticker" aria-labelledby="ticker-title">
      <header>
        <h2 id="ticker-title">{t("ticker.title")}</h2>
        <button
          type="button"
          class="quiet small"
          aria-label={label}
          title={label}
          onClick={() => {
            held.value = held.value ? null : crossings.value
          }}
        >
          <Icon name={held.value ? "play" : "pause"} />
        </button>
      </header>
      {rows.length === 0 && <p class="nothing">{t("ticker.empty")}</p>}
      <ol tabIndex={rows.length ? 0 : -1} aria-labelledby="ticker-title">
        {rows.map(crossing => (
          <Row key={crossing.event_id} crossing={crossing} />
        ))}
      </ol>
    </section>
  )
}

function Row({ crossing }: { crossing: Crossing }) {
  const camera = cameraById(crossing.camera_id)
  const line = camera?.facts.value.lines.find(({ id }) => id === crossing.line_id)
  const { direction } = crossing
  const directionLabel = directionName((direction === "in" ? line?.in_name : line?.out_name) ?? "", direction)
  return (
    <li>
      <time dateTime={crossing.crossed_at}>{clockTime(crossing.crossed_at)}</time>
      <p class="what">
        <span class="swatch" data-class={crossing.object_class} />
        <span>
          <b>{t(`class.${crossing.object_class}`)}</b> {crossing.track_id}
        </span>
        {crossing.speed_kmh !== null && <span>{t("ticker.speed", { n: number(crossing.speed_kmh) })}</span>}
        <span class="count" data-direction={direction}>
          <Icon name={direction === "in" ? "into" : "out"} />
          <span class="direction">{directionLabel}</span>
        </span>
      </p>
      <p class="where">
        {line?.name || crossing.line_id} · {camera ? cameraName(camera) : crossing.camera_id}
      </p>
    </li>
  )
}
