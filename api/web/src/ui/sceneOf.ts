/** What is drawn of a live picture: its own lines, zones and incidents, with the page's names and counts. */
import type { Picture } from "../api/feed"
import type { ObjectClass } from "../api/types"
import type { SceneIncident } from "../draw/incidents"
import type { SceneLine } from "../draw/lines"
import type { Scene } from "../draw/scene"
import type { SceneZone } from "../draw/zones"
import { t } from "../i18n"
import { number } from "../i18n/format"
import type { CameraModel } from "../state/cameras"
import { lineTotal } from "../state/counts"
import { kindWords } from "./incidentWords"
import { levelWords, zoneName } from "./words"

export function sceneOf(camera: CameraModel, picture: Picture): Scene {
  return {
    picture: picture.bitmap,
    boxes: picture.view.boxes,
    lines: lines(camera, picture),
    zones: zones(camera, picture),
    incidents: incidents(picture),
    className: (of: ObjectClass) => t(`class.${of}`),
    number,
  }
}

/** The lines as they were when the picture was counted, with the counts that the page shows everywhere. */
function lines(camera: CameraModel, { view }: Picture): SceneLine[] {
  const counts = camera.counts.peek()
  return view.lines.map(({ line_id, start, end }) => {
    const { in: into, out } = lineTotal(counts, line_id)
    return { id: line_id, start, end, into, out }
  })
}

/** Workers of an earlier version tell of no zones and incidents. */
function zones(camera: CameraModel, { view }: Picture): SceneZone[] {
  return (view.zones ?? []).map(({ zone_id, polygon, congestion }) => {
    const name = zoneName(camera.facts.peek(), zone_id)
    const label = congestion ? `${name}: ${levelWords(congestion)}` : name
    return { id: zone_id, polygon, level: congestion, label }
  })
}

function incidents({ view }: Picture): SceneIncident[] {
  return (view.incidents ?? []).flatMap(incident => {
    const { incident_id, incident_kind, place } = incident
    return place ? [{ id: incident_id, kind: incident_kind, place, label: kindWords(incident) }] : []
  })
}
