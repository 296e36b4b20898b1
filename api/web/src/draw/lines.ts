/** Draws counting lines with arrows for their directions and labels for their counts. */
import { inwards, middle, type Point } from "./geometry"
import { lineColour } from "./palette"
import { PAPER, type Pen } from "./pen"

export interface SceneLine {
  id: string
  start: readonly [number, number]
  end: readonly [number, number]
  into: number
  out: number
}

/** Positions of the arrows along a line, as fractions from its start. */
const [IN_AT, OUT_AT] = [0.36, 0.64]

export function drawLine(pen: Pen, { start, end }: SceneLine): void {
  const [a, b] = [pen.point(start), pen.point(end)]
  pen.context.lineCap = "round"
  const path = () => {
    pen.context.moveTo(a.x, a.y)
    pen.context.lineTo(b.x, b.y)
  }
  pen.stroke(lineColour.halo, 5, path)
  pen.stroke(lineColour.stroke, 2, path)
  const across = inwards(a, b)
  arrow(pen, middle(a, b, IN_AT), across, lineColour.in)
  arrow(pen, middle(a, b, OUT_AT), { x: -across.x, y: -across.y }, lineColour.out)
}

export function drawLineCounts(pen: Pen, line: SceneLine, number: (of: number) => string): void {
  const [a, b] = [pen.point(line.start), pen.point(line.end)]
  const across = inwards(a, b)
  pen.setFont(12)
  countLabel(pen, number(line.into), middle(a, b, IN_AT), across, lineColour.in)
  countLabel(pen, number(line.out), middle(a, b, OUT_AT), { x: -across.x, y: -across.y }, lineColour.out)
}

function countLabel(pen: Pen, text: string, from: Point, towards: Point, colour: string): void {
  const width = pen.widthOf(text) + 10 * pen.scale
  const height = 17 * pen.scale
  const reach = 24 * pen.scale + (Math.abs(towards.x) * width + Math.abs(towards.y) * height) / 2
  const centre = { x: from.x + towards.x * reach, y: from.y + towards.y * reach }
  pen.label(text, { x: centre.x - width / 2, y: centre.y - height / 2, width, height }, colour, PAPER)
}

function arrow(pen: Pen, from: Point, towards: Point, colour: string): void {
  const length = 20 * pen.scale
  const wing = 5.5 * pen.scale
  const tip = { x: from.x + towards.x * length, y: from.y + towards.y * length }
  const neck = { x: tip.x - towards.x * wing * 1.5, y: tip.y - towards.y * wing * 1.5 }
  const { context } = pen
  const path = () => {
    context.moveTo(from.x, from.y)
    context.lineTo(neck.x, neck.y)
    context.moveTo(tip.x, tip.y)
    context.lineTo(neck.x - towards.y * wing, neck.y + towards.x * wing)
    context.lineTo(neck.x + towards.y * wing, neck.y - towards.x * wing)
    context.closePath()
  }
  pen.stroke(lineColour.halo, 4.5, path)
  pen.stroke(colour, 2, path)
  context.fillStyle = colour
  context.fill()
}
