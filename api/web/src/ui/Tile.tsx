/** One camera on the wall: picture, state, zones, lines with their counts, frame rates. */
import type { Incident } from "../api/types"
import { URGENCY } from "../draw/palette"
import { t } from "../i18n"
import { fps, number } from "../i18n/format"
import type { CameraModel } from "../state/cameras"
import { lineTotal } from "../state/counts"
import { incidentsOf, isOpen } from "../state/incidents"
import { openCamera } from "../state/screen"
import { LatencyBadge, StateBadge } from "./badges"
import { Icon } from "./Icon"
import { cameraName, directionName } from "./labels"
import { Picture } from "./Picture"
import { FlowNow, ZoneRows } from "./TrafficNow"

/** The opened camera shows more lines; on the wall all tiles have the same height. */
const MAX_LINES = 2

/** Below this fraction of the target rate the page warns: fast vehicles may be missed. */
const MIN_RATE = 0.7

export function Tile({ camera }: { camera: CameraModel }) {
  const name = cameraName(camera)
  return (
    <article class="tile" data-camera={camera.id} data-urgency={urgency(camera)} aria-label={name}>
      <header>
        <h2>
          <button
            type="button"
            class="open"
            aria-label={t("tile.open", { name })}
            onClick={() => openCamera(camera.id)}
          >
            {name}
          </button>
        </h2>
        <LatencyBadge camera={camera} />
        <StateBadge camera={camera} />
      </header>
      <Picture camera={camera} />
      <ZoneRows camera={camera} />
      <Lines camera={camera} />
      <Rates camera={camera} />
    </article>
  )
}

/** `bad` if an open incident endangers people. */
function urgency(camera: CameraModel): "bad" | undefined {
  const urgent = ({ incident_kind }: Incident) => URGENCY[incident_kind] === "bad"
  return incidentsOf(camera.id).some(incident => isOpen(incident) && urgent(incident)) ? "bad" : undefined
}

function Lines({ camera }: { camera: CameraModel }) {
  const { lines } = camera.facts.value
  const { config_error, trouble } = camera.health.value
  const problem = [camera.facts.value.problem ?? config_error, trouble].filter(Boolean).join("; ")
  const more = lines.length - MAX_LINES
  return (
    <ul class="lines">
      {lines.slice(0, MAX_LINES).map(line => {
        const counts = lineTotal(camera.counts.value, line.id)
        return (
          <li key={line.id}>
            <span class="name">{line.name || line.id}</span>
            <span class="count" data-direction="in">
              <Icon name="into" />
              <span class="direction">{directionName(line.in_name, "in")}</span> <b>{number(counts.in)}</b>
            </span>
            <span class="count" data-direction="out">
              <Icon name="out" />
              <span class="direction">{directionName(line.out_name, "out")}</span> <b>{number(counts.out)}</b>
            </span>
            <FlowNow camera={camera} lineId={line.id} />
          </li>
        )
      })}
      {more > 0 && <li class="more">{t("tile.moreLines", { n: number(more) })}</li>}
      {lines.length === 0 && <li class="more">{t("tile.noLines")}</li>}
      {problem && (
        <li class="problem" title={problem}>
          {problem}
        </li>
      )}
    </ul>
  )
}

function Rates({ camera }: { camera: CameraModel }) {
  const { stats, state } = camera.health.value
  const tooFew = state === "online" && stats.processed_fps < stats.target_fps * MIN_RATE
  return (
    <dl class="rates">
      <div title={t("tile.receivedHint")}>
        <dt>{t("tile.received")}</dt>
        <dd>{t("tile.fps", { n: fps(stats.received_fps) })}</dd>
      </div>
      <div
        title={t("tile.processedHint", { target: fps(stats.target_fps) })}
        data-tone={tooFew ? "warn" : undefined}
      >
        <dt>{t("tile.processed")}</dt>
        <dd>{t("tile.fpsOf", { n: fps(stats.processed_fps), target: fps(stats.target_fps) })}</dd>
      </div>
      <div title={t("tile.droppedHint")}>
        <dt>{t("tile.dropped")}</dt>
        <dd>{number(stats.frames_dropped)}</dd>
      </div>
    </dl>
  )
}
