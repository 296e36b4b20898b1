/** Draws strokes and labels on a canvas, in CSS sizes; labels do not overlap. */
import { keptInside, overlap, type Point, placed, type Rect } from "./geometry"
import { lineColour } from "./palette"

const FONT = "600 {size}px ui-sans-serif, system-ui, sans-serif"
export const PAPER = "rgba(8, 10, 14, 0.86)"

export class Pen {
  /** Rectangles of the labels drawn so far. */
  private readonly taken: Rect[] = []

  /** `area`: the picture's rectangle on the canvas; `scale`: canvas pixels per CSS pixel. */
  constructor(
    readonly context: CanvasRenderingContext2D,
    readonly area: Rect,
    readonly scale: number,
  ) {}

  /** The canvas point of a place in fractions of the picture. */
  point(place: readonly [number, number]): Point {
    return placed(place, this.area)
  }

  rect([left, top, right, bottom]: readonly [number, number, number, number]): Rect {
    const [a, b] = [this.point([left, top]), this.point([right, bottom])]
    return { x: a.x, y: a.y, width: b.x - a.x, height: b.y - a.y }
  }

  /** A stroke with a dark halo, so that it is visible on any background. */
  outline(colour: string, width: number, path: () => void): void {
    this.stroke(lineColour.halo, width + 2, path)
    this.stroke(colour, width, path)
  }

  stroke(colour: string, width: number, path: () => void): void {
    this.context.strokeStyle = colour
    this.context.lineWidth = width * this.scale
    this.context.beginPath()
    path()
    this.context.stroke()
  }

  fill(colour: string, opacity: number, path: () => void): void {
    this.context.fillStyle = colour
    this.context.globalAlpha = opacity
    this.context.beginPath()
    path()
    this.context.fill()
    this.context.globalAlpha = 1
  }

  setFont(size: number): void {
    this.context.font = FONT.replace("{size}", String(size * this.scale))
  }

  widthOf(text: string): number {
    return this.context.measureText(text).width
  }

  /** Draws a label unless it would overlap another; returns whether it was drawn. */
  label(text: string, wanted: Rect, ink: string, paper: string): boolean {
    const label = keptInside(wanted, this.area)
    if (this.taken.some(other => overlap(other, label))) return false
    this.taken.push(label)
    this.fill(paper, 1, () =>
      this.context.roundRect(label.x, label.y, label.width, label.height, 3 * this.scale),
    )
    this.context.fillStyle = ink
    this.context.textAlign = "center"
    this.context.textBaseline = "middle"
    this.context.fillText(text, label.x + label.width / 2, label.y + label.height / 2 + 0.5 * this.scale)
    return true
  }
}
