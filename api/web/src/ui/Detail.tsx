/** One opened camera: picture, incidents, traffic, counts by line and class, health. */
import { useEffect, useRef } from "preact/hooks"
import type { CameraStatus } from "../api/types"
import { t } from "../i18n"
import { fps, milliseconds, number, since } from "../i18n/format"
import { type CameraModel, cameraById, cameras, latencyNow } from "../state/cameras"
import { closeCamera, openedId } from "../state/screen"
import { LatencyBadge, StateBadge } from "./badges"
import { CountsTable, Since } from "./CountsTable"
import { Icon } from "./Icon"
import { CameraIncidents } from "./Incidents"
import { cameraName, directionName, stateText } from "./labels"
import { Picture } from "./Picture"
import { TrafficTables } from "./TrafficNow"

export function Detail() {
  const id = openedId.value
  if (id === null || !cameras.value) return null
  return <Dialog key={id} id={id} camera={cameraById(id)} />
}

function Dialog({ id, camera }: { id: string; camera: CameraModel | undefined }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) dialog.current?.close()
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog is what Escape already does
    <dialog
      ref={dialog}
      class="detail"
      aria-labelledby="detail-title"
      onClose={closeCamera}
      onClick={onBackdrop}
    >
      <header>
        <h2 id="detail-title">{camera ? cameraName(camera) : id}</h2>
        {camera && <LatencyBadge camera={camera} />}
        {camera && <StateBadge camera={camera} />}
        <button
          type="button"
          class="quiet"
          aria-label={t("detail.close")}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {camera ? <Body camera={camera} /> : <p class="nothing">{t("detail.gone", { id })}</p>}
    </dialog>
  )
}

function Body({ camera }: { camera: CameraModel }) {
  return (
    <div class="detail-body">
      <Picture camera={camera} />
      <div class="detail-side">
        <CameraIncidents cameraId={camera.id} />
        <h3>{t("now.title")}</h3>
        <TrafficTables camera={camera} />
        <header>
          <h3>{t("counts.title")}</h3>
          <Since />
        </header>
        <LineTables camera={camera} />
        <h3>{t("detail.health")}</h3>
        <HealthFacts camera={camera} />
      </div>
    </div>
  )
}

function LineTables({ camera }: { camera: CameraModel }) {
  const { lines } = camera.facts.value
  if (!lines.length) return <p class="nothing">{t("tile.noLines")}</p>
  return lines.map(line => {
    const counts = camera.counts.value.get(line.id)
    return (
      <CountsTable
        key={line.id}
        caption={line.name || line.id}
        inName={directionName(line.in_name, "in")}
        outName={directionName(line.out_name, "out")}
        counts={counts ? [new Map([[line.id, counts]])] : []}
      />
    )
  })
}

function HealthFacts({ camera }: { camera: CameraModel }) {
  const health = camera.health.value
  const onScreen = latencyNow(camera)
  const facts: [string, string | null][] = [
    [t("detail.state"), health.reason || stateText(health.state).why],
    ...healthFacts(health),
    [t("detail.screen"), onScreen ? pair(onScreen.medianMs, onScreen.p95Ms) : t("value.none")],
  ]
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value || t("value.none")}</dd>
        </div>
      ))}
    </dl>
  )
}

function healthFacts(health: CameraStatus): [string, string | null][] {
  const { stats } = health
  const size = stats.width_px ? `${stats.width_px} × ${stats.height_px}` : ""
  return [
    [t("detail.since"), health.since && since(health.since)],
    [t("detail.stream"), [size, stats.codec].filter(Boolean).join(" · ")],
    [t("detail.decoding"), stats.decode_mode],
    [t("detail.rate"), `${fps(stats.received_fps)} / ${fps(stats.processed_fps)} (${fps(stats.target_fps)})`],
    [t("detail.dropped"), `${number(stats.frames_dropped)} / ${number(stats.frames_received)}`],
    [t("detail.reconnects"), number(stats.reconnects)],
    [t("detail.inference"), milliseconds(stats.inference_ms)],
    [t("detail.queue"), milliseconds(stats.queue_age_ms)],
    [t("detail.latency"), pair(stats.latency_ms, stats.latency_p95_ms)],
    [t("detail.model"), [health.model, health.provider].filter(Boolean).join(" · ")],
    [t("detail.worker"), health.worker_id],
    [t("detail.outbox"), number(health.outbox_size)],
  ]
}

function pair(medianMs: number, p95Ms: number): string {
  return t("detail.p95", { median: milliseconds(medianMs), p95: milliseconds(p95Ms) })
}
