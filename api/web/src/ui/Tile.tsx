/** One camera on the wall: picture, state, lines with their counts, rates. */
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
import { Picture } from "./Picture"
import { FlowNow, ZoneRows } from "./TrafficNow"
import { cameraName, directionName } from "./words"

/** More lines are seen when the camera is opened; all tiles stay of one height. */
const LINES_ON_A_TILE = 2

/** Less than this part of the rate that was asked for is worth a look: fast vehicles may slip through. */
const TOO_FEW = 0.7

export function Tile({ camera }: { camera: CameraModel }) {
  const name = cameraName(camera)
  return (
    <article class="tile" data-camera={camera.id} data-urgency={worst(camera)} aria-label={name}>
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

/** Whether something goes on here that endangers people. */
function worst(camera: CameraModel): "bad" | undefined {
  const urgent = ({ incident_kind }: Incident) => URGENCY[incident_kind] === "bad"
  return incidentsOf(camera.id).some(incident => isOpen(incident) && urgent(incident)) ? "bad" : undefined
}

function Lines({ camera }: { camera: CameraModel }) {
  const { lines, problem } = camera.facts.value
  const more = lines.length - LINES_ON_A_TILE
  return (
    <ul class="lines">
      {lines.slice(0, LINES_ON_A_TILE).map(line => {
        const counts = lineTotal(camera.counts.value, line.id)
        return (
          <li key={line.id}>
            <span class="name">{line.name || line.id}</span>
            <span class="count" data-direction="in">
              <Icon name="into" />
              <span class="way">{directionName(line.in_name, "in")}</span> <b>{number(counts.in)}</b>
            </span>
            <span class="count" data-direction="out">
              <Icon name="out" />
              <span class="way">{directionName(line.out_name, "out")}</span> <b>{number(counts.out)}</b>
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
  const tooFew = state === "online" && stats.processed_fps < stats.target_fps * TOO_FEW
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
