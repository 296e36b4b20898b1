/** What is wrong on the roads: what goes on first, then what is over. */
import { serverClock } from "../api/clock"
import type { Incident } from "../api/types"
import { URGENCY } from "../draw/palette"
import { t } from "../i18n"
import { age, number, since } from "../i18n/format"
import { type CameraModel, cameraById } from "../state/cameras"
import { announced, incidents, incidentsOf, isOpen, openCount } from "../state/incidents"
import { tick } from "../state/now"
import { openCamera } from "../state/screen"
import { Icon } from "./Icon"
import { kindWords, reasonWords } from "./incidentWords"
import { cameraName, stateWords, zoneName } from "./words"

export function IncidentsPanel() {
  const open = openCount.value
  return (
    <section
      class="panel incidents"
      id="incidents"
      tabIndex={-1}
      aria-labelledby="incidents-title"
      data-open={open}
    >
      <header>
        <h2 id="incidents-title">{t("incidents.title")}</h2>
        {open > 0 && <span class="open-count">{t("incidents.open", { n: number(open) })}</span>}
      </header>
      {open === 0 && <p class="nothing">{t("incidents.none")}</p>}
      <IncidentList all={incidents.value} labelledBy="incidents-title" />
      <Announcer />
    </section>
  )
}

/** Of the camera that is opened large. */
export function CameraIncidents({ cameraId }: { cameraId: string }) {
  const all = incidentsOf(cameraId)
  if (!all.length) return null
  return (
    <section class="incidents" aria-labelledby="detail-incidents">
      <h3 id="detail-incidents">{t("detail.incidents")}</h3>
      <IncidentList all={all} labelledBy="detail-incidents" />
    </section>
  )
}

function IncidentList({ all, labelledBy }: { all: readonly Incident[]; labelledBy: string }) {
  if (!all.length) return null
  return (
    <ol aria-labelledby={labelledBy}>
      {all.map(incident => (
        <Row key={incident.incident_id} incident={incident} />
      ))}
    </ol>
  )
}

function Row({ incident }: { incident: Incident }) {
  const camera = cameraById(incident.camera_id)
  const kind = kindWords(incident)
  const where = camera ? cameraName(camera) : incident.camera_id
  const zone = incident.zone_id && camera ? zoneName(camera.facts.value, incident.zone_id) : incident.zone_id
  const sure = t("incidents.sure", { n: number(incident.confidence * 100) })
  return (
    <li data-incident={incident.incident_id} data-phase={incident.phase}>
      <span class="sign" data-tone={URGENCY[incident.incident_kind]}>
        <Icon name="broken" />
      </span>
      <p class="what">
        <button
          type="button"
          class="open"
          aria-label={t("incidents.show", { kind, camera: where })}
          onClick={() => openCamera(incident.camera_id)}
        >
          {kind}
        </button>
        <When incident={incident} />
      </p>
      <p class="where">{[zone, where, sure, unwatched(camera, incident)].filter(Boolean).join(" · ")}</p>
      <p class="reason">{reasonWords(incident)}</p>
    </li>
  )
}

/** Of an incident that goes on, as far as anybody knows: that nobody looks any more. */
function unwatched(camera: CameraModel | undefined, incident: Incident): string | null {
  const lost = camera?.health.value.state === "lost"
  return lost && isOpen(incident) ? stateWords("lost").label : null
}

function When({ incident }: { incident: Incident }) {
  const words = isOpen(incident) ? lasting(incident) : ended(incident)
  return <time dateTime={incident.started_at}>{words}</time>
}

function lasting({ started_at }: Incident): string {
  void tick.value // drawn anew each second
  const lasted = serverClock.now() - Date.parse(started_at)
  return t("incidents.since", { time: since(started_at), age: age(lasted) })
}

function ended({ ended_at, at, ended_because }: Incident): string {
  const time = since(ended_at ?? at)
  return t(ended_because === "unwatched" ? "incidents.unwatched" : "incidents.ended", { time })
}

/** For who does not see the list: read out when nothing else is being said. */
function Announcer() {
  const incident = announced.value
  const camera = incident && cameraById(incident.camera_id)
  const name = camera ? cameraName(camera) : (incident?.camera_id ?? "")
  return (
    <p class="unseen" role="status" aria-live="polite">
      {incident &&
        `${t("incidents.announce", { kind: kindWords(incident), camera: name })}. ${reasonWords(incident)}`}
    </p>
  )
}
