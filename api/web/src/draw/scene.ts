/** Draws one live view: the frame with its zones, lines, boxes and incidents. */
import type { LiveBox, ObjectClass } from "../api/types"
import { fitted, type Size } from "./geometry"
import { drawIncident, type SceneIncident } from "./incidents"
import { drawLine, drawLineCounts, type SceneLine } from "./lines"
import { classColour } from "./palette"
import { Pen } from "./pen"
import { drawZone, drawZoneLabel, type SceneZone } from "./zones"

export interface Scene {
  picture: CanvasImageSource & Size
  boxes: readonly LiveBox[]
  lines: readonly SceneLine[]
  zones: readonly SceneZone[]
  incidents: readonly SceneIncident[]
  className: (of: ObjectClass) => string
  number: (of: number) => string
}

/** Narrower boxes get no class, or no label at all, so that the picture stays visible on a small tile. */
const ROOM_FOR_CLASS_PX = 54
const ROOM_FOR_ID_PX = 18

/** `scale`: canvas pixels per CSS pixel, so that strokes and text have the same size on every screen. */
export function draw(context: CanvasRenderingContext2D, scene: Scene, scale: number): void {
  const canvas = { width: context.canvas.width, height: context.canvas.height }
  const area = fitted(scene.picture, canvas)
  const pen = new Pen(context, area, scale)
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.drawImage(scene.picture, area.x, area.y, area.width, area.height)
  for (const zone of scene.zones) drawZone(pen, zone)
  for (const line of scene.lines) drawLine(pen, line)
  for (const box of scene.boxes) drawBox(pen, box)
  for (const incident of scene.incidents) drawIncident(pen, incident)
  for (const line of scene.lines) drawLineCounts(pen, line, scene.number)
  for (const zone of scene.zones) drawZoneLabel(pen, zone)
  for (const box of nearestFirst(scene.boxes)) drawBoxLabel(pen, box, scene)
}

/** Boxes lower in the picture are nearer; their labels come first. */
function nearestFirst(boxes: readonly LiveBox[]): LiveBox[] {
  return [...boxes].sort((a, b) => b.box[3] - a.box[3])
}

function drawBox(pen: Pen, { box, object_class }: LiveBox): void {
  const { x, y, width, height } = pen.rect(box)
  pen.context.lineJoin = "round"
  pen.outline(classColour[object_class], 1.75, () => pen.context.rect(x, y, width, height))
}

function drawBoxLabel(pen: Pen, { box, object_class, track_id, speed_kmh }: LiveBox, scene: Scene): void {
  const { x, y, width } = pen.rect(box)
  if (width < ROOM_FOR_ID_PX * pen.scale) return
  const parts = [String(track_id)]
  if (width >= ROOM_FOR_CLASS_PX * pen.scale) {
    parts.push(scene.className(object_class))
    if (speed_kmh !== null) parts.push(`${scene.number(speed_kmh)} km/h`)
  }
  const text = parts.join(" ")
  pen.setFont(11)
  const height = 15 * pen.scale
  const label = { x, y: y - height, width: pen.widthOf(text) + 8 * pen.scale, height }
  pen.label(text, label, "#0b0d11", classColour[object_class])
}
