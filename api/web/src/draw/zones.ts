/** Draws zones in the colour of their congestion level, labelled where there is room. */
import type { CongestionLevel } from "../api/types"
import { topmost } from "./geometry"
import { levelColour, unknownColour } from "./palette"
import { PAPER, type Pen } from "./pen"

export interface SceneZone {
  id: string
  polygon: readonly (readonly [number, number])[]
  level: CongestionLevel | null
  /** Name and level. */
  label: string
}

/** Faint, so that vehicles stay visible; stronger for higher levels. */
const OPACITY: Record<CongestionLevel, number> = { free: 0.08, dense: 0.14, congested: 0.22, jammed: 0.28 }
const NARROWEST_PX = 320

export function drawZone(pen: Pen, { polygon, level }: SceneZone): void {
  const colour = level ? levelColour[level] : unknownColour
  const path = () => outline(pen, polygon)
  pen.context.lineJoin = "round"
  if (level) pen.fill(colour, OPACITY[level], path)
  pen.context.setLineDash([7 * pen.scale, 5 * pen.scale])
  pen.outline(colour, 1.5, path)
  pen.context.setLineDash([])
}

export function drawZoneLabel(pen: Pen, { polygon, level, label }: SceneZone): void {
  if (pen.area.width < NARROWEST_PX * pen.scale) return
  pen.setFont(11)
  const at = topmost(polygon.map(corner => pen.point(corner)))
  const size = { width: pen.widthOf(label) + 10 * pen.scale, height: 16 * pen.scale }
  const place = { x: at.x - size.width / 2, y: at.y + 3 * pen.scale, ...size }
  pen.label(label, place, level ? levelColour[level] : unknownColour, PAPER)
}

function outline(pen: Pen, polygon: SceneZone["polygon"]): void {
  for (const [index, corner] of polygon.entries()) {
    const { x, y } = pen.point(corner)
    if (index) pen.context.lineTo(x, y)
    else pen.context.moveTo(x, y)
  }
  pen.context.closePath()
}
