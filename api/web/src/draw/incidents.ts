/** Draws incidents as a warning sign that points to the place, labelled with the kind. */
import type { IncidentKind } from "../api/types"
import { URGENCY, urgencyColour } from "./palette"
import { PAPER, type Pen } from "./pen"

export interface SceneIncident {
  id: string
  kind: IncidentKind
  place: readonly [number, number]
  label: string
}

/** The sign's size, CSS pixels. */
const [WIDTH, HEIGHT, STEM] = [24, 21, 9]

/** Draws the sign above the place, joined to it by a stem. */
export function drawIncident(pen: Pen, { kind, place, label }: SceneIncident): void {
  const colour = urgencyColour[URGENCY[kind]]
  const foot = pen.point(place)
  const base = foot.y - STEM * pen.scale
  const top = base - HEIGHT * pen.scale
  const { context } = pen
  pen.outline(colour, 2, () => {
    context.moveTo(foot.x, foot.y)
    context.lineTo(foot.x, base)
  })
  const triangle = () => {
    context.moveTo(foot.x, top)
    context.lineTo(foot.x + (WIDTH / 2) * pen.scale, base)
    context.lineTo(foot.x - (WIDTH / 2) * pen.scale, base)
    context.closePath()
  }
  context.lineJoin = "round"
  pen.stroke("rgba(8, 10, 14, 0.9)", 4, triangle)
  pen.fill(colour, 1, triangle)
  mark(pen, foot.x, base)
  title(pen, label, foot.x, top, colour)
}

function mark(pen: Pen, x: number, base: number): void {
  pen.setFont(14)
  pen.context.fillStyle = "#0b0d11"
  pen.context.textAlign = "center"
  pen.context.textBaseline = "alphabetic"
  pen.context.fillText("!", x, base - 3.5 * pen.scale)
}

function title(pen: Pen, label: string, x: number, top: number, colour: string): void {
  pen.setFont(11)
  const size = { width: pen.widthOf(label) + 10 * pen.scale, height: 16 * pen.scale }
  pen.label(label, { x: x - size.width / 2, y: top - size.height - 4 * pen.scale, ...size }, colour, PAPER)
}
