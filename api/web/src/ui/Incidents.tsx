/** Lists of incidents: open ones first, then ended ones. */
import { serverClock } from "../api/clock"
import type { Incident } from "../api/types"
import { URGENCY } from "../draw/palette"
import { t } from "../i18n"
import { age, number, since } from "../i18n/format"
import { type CameraModel, cameraById, cameras, unwatchedCameras } from "../state/cameras"
import { announced, incidents, incidentsOf, isOpen, openCount } from "../state/incidents"
import { tick } from "../state/now"
import { openCamera } from "../state/screen"
import { Icon } from "./Icon"
import { kindLabel, reasonText } from "./incidentTexts"
import { cameraName, stateText, zoneName } from "./labels"

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
      <Unwatched />
      {open === 0 && (
        <p class="nothing">{t(unwatchedCameras.value.length ? "incidents.noneWatched" : "incidents.none")}</p>
      )}
      <IncidentList all={incidents.value} labelledBy="incidents-title" />
      <Announcer />
    </section>
  )
}

/** Says which cameras are not watched, before anything is said to be calm. */
function Unwatched() {
  const names = unwatchedCameras.value.map(cameraName)
  if (!names.length) return null
  const all = cameras.value?.length ?? 0
  return (
    <p class="unwatched" role="status">
      {t("incidents.unwatchedCameras", {
        n: number(names.length),
        all: number(all),
        names: names.join(", "),
      })}
    </p>
  )
}

/** The incidents of the opened camera. */
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
  const kind = kindLabel(incident)
  const where = camera ? cameraName(camera) : incident.camera_id
  const zone = incident.zone_id && camera ? zoneName(camera.facts.value, incident.zone_id) : incident.zone_id
  const confidence = t("incidents.sure", { n: number(incident.confidence * 100) })
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
      <p class="where">
        {[zone, where, confidence, unwatched(camera, incident)].filter(Boolean).join(" · ")}
      </p>
      <p class="reason">{reasonText(incident)}</p>
    </li>
  )
}

/** For an open incident whose camera is lost: that state's label. */
function unwatched(camera: CameraModel | undefined, incident: Incident): string | null {
  const lost = camera?.health.value.state === "lost"
  return lost && isOpen(incident) ? stateText("lost").label : null
}

function When({ incident }: { incident: Incident }) {
  const text = isOpen(incident) ? openSince(incident) : ended(incident)
  return <time dateTime={incident.started_at}>{text}</time>
}

function openSince({ started_at }: Incident): string {
  void tick.value // re-render every second
  const duration = serverClock.now() - Date.parse(started_at)
  return t("incidents.since", { time: since(started_at), age: age(duration) })
}

function ended({ ended_at, at, ended_because }: Incident): string {
  const time = since(ended_at ?? at)
  return t(ended_because === "unwatched" ? "incidents.unwatched" : "incidents.ended", { time })
}

/** Announces new incidents to screen readers. */
function Announcer() {
  const incident = announced.value
  const camera = incident && cameraById(incident.camera_id)
  const name = camera ? cameraName(camera) : (incident?.camera_id ?? "")
  return (
    <p class="unseen" role="status" aria-live="polite">
      {incident &&
        `${t("incidents.announce", { kind: kindLabel(incident), camera: name })}. ${reasonText(incident)}`}
    </p>
  )
}
