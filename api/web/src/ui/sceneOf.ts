/** The scene of a live view: its lines, zones and incidents, with the page's names and counts. */
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
import { kindLabel } from "./incidentTexts"
import { levelLabel, zoneName } from "./labels"

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

/** The lines of the view, with the same counts as elsewhere on the page. */
function lines(camera: CameraModel, { view }: Picture): SceneLine[] {
  const counts = camera.counts.peek()
  return view.lines.map(({ line_id, start, end }) => {
    const { in: into, out } = lineTotal(counts, line_id)
    return { id: line_id, start, end, into, out }
  })
}

/** Workers of earlier versions send no zones and incidents. */
function zones(camera: CameraModel, { view }: Picture): SceneZone[] {
  return (view.zones ?? []).map(({ zone_id, polygon, congestion }) => {
    const name = zoneName(camera.facts.peek(), zone_id)
    const label = congestion ? `${name}: ${levelLabel(congestion)}` : name
    return { id: zone_id, polygon, level: congestion, label }
  })
}

function incidents({ view }: Picture): SceneIncident[] {
  return (view.incidents ?? []).flatMap(incident => {
    const { incident_id, incident_kind, place } = incident
    return place ? [{ id: incident_id, kind: incident_kind, place, label: kindLabel(incident) }] : []
  })
}
