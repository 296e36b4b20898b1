/** Draws one live picture: the frame, its boxes with id and class, its lines with their counts. */
import type { LiveBox, ObjectClass } from "../api/types"
import { fitted, inwards, keptInside, overlap, placed, type Rect, type Size, type Spot } from "./geometry"
import { classColour, lineColour } from "./palette"

export interface SceneLine {
  id: string
  start: readonly [number, number]
  end: readonly [number, number]
  into: number
  out: number
}

export interface Scene {
  picture: CanvasImageSource & Size
  boxes: readonly LiveBox[]
  lines: readonly SceneLine[]
  className: (of: ObjectClass) => string
  number: (of: number) => string
}

const FONT = "600 {size}px ui-sans-serif, system-ui, sans-serif"
/** Narrower boxes carry their id alone; on a small tile the picture must stay visible. */
const ROOM_FOR_CLASS_PX = 54
const ROOM_FOR_ID_PX = 18

/** `scale`: canvas pixels per CSS pixel, so that lines and letters have the same size on every screen. */
export function draw(context: CanvasRenderingContext2D, scene: Scene, scale: number): void {
  const canvas = { width: context.canvas.width, height: context.canvas.height }
  const area = fitted(scene.picture, canvas)
  const pen = new Pen(context, area, scale)
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.drawImage(scene.picture, area.x, area.y, area.width, area.height)
  for (const line of scene.lines) pen.line(line)
  for (const box of scene.boxes) pen.box(box)
  for (const line of scene.lines) pen.lineCounts(line, scene.number)
  for (const box of nearestFirst(scene.boxes)) pen.boxLabel(box, scene.className)
}

/** What is lower in the picture is nearer, and more worth a label. */
function nearestFirst(boxes: readonly LiveBox[]): LiveBox[] {
  return [...boxes].sort((a, b) => b.box[3] - a.box[3])
}

class Pen {
  /** Places where a label is already: another one there would hide it. */
  private readonly taken: Rect[] = []

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly area: Rect,
    private readonly scale: number,
  ) {}

  box({ box, object_class }: LiveBox): void {
    const { x, y, width, height } = this.rect(box)
    this.context.lineJoin = "round"
    this.stroke(lineColour.halo, 3.5, () => this.context.rect(x, y, width, height))
    this.stroke(classColour[object_class], 1.75, () => this.context.rect(x, y, width, height))
  }

  boxLabel({ box, object_class, track_id }: LiveBox, className: Scene["className"]): void {
    const { x, y, width } = this.rect(box)
    if (width < ROOM_FOR_ID_PX * this.scale) return
    const id = String(track_id)
    const text = width < ROOM_FOR_CLASS_PX * this.scale ? id : `${id} ${className(object_class)}`
    this.setFont(11)
    const height = 15 * this.scale
    const label = { x, y: y - height, width: this.context.measureText(text).width + 8 * this.scale, height }
    this.text(text, label, "#0b0d11", classColour[object_class])
  }

  line({ start, end }: SceneLine): void {
    const [a, b] = [placed(start, this.area), placed(end, this.area)]
    const path = () => {
      this.context.moveTo(a.x, a.y)
      this.context.lineTo(b.x, b.y)
    }
    this.context.lineCap = "round"
    this.stroke(lineColour.halo, 5, path)
    this.stroke(lineColour.stroke, 2, path)
    const across = inwards(a, b)
    this.arrow(middle(a, b, 0.36), across, lineColour.in)
    this.arrow(middle(a, b, 0.64), { x: -across.x, y: -across.y }, lineColour.out)
  }

  lineCounts({ start, end, into, out }: SceneLine, number: Scene["number"]): void {
    const [a, b] = [placed(start, this.area), placed(end, this.area)]
    const across = inwards(a, b)
    this.setFont(12)
    this.countLabel(number(into), middle(a, b, 0.36), across, lineColour.in)
    this.countLabel(number(out), middle(a, b, 0.64), { x: -across.x, y: -across.y }, lineColour.out)
  }

  private countLabel(text: string, from: Spot, towards: Spot, colour: string): void {
    const width = this.context.measureText(text).width + 10 * this.scale
    const height = 17 * this.scale
    const reach = 24 * this.scale + (Math.abs(towards.x) * width + Math.abs(towards.y) * height) / 2
    const centre = { x: from.x + towards.x * reach, y: from.y + towards.y * reach }
    this.text(
      text,
      { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
      colour,
      "rgba(8, 10, 14, 0.86)",
    )
  }

  private arrow(from: Spot, towards: Spot, colour: string): void {
    const length = 20 * this.scale
    const wing = 5.5 * this.scale
    const tip = { x: from.x + towards.x * length, y: from.y + towards.y * length }
    const neck = { x: tip.x - towards.x * wing * 1.5, y: tip.y - towards.y * wing * 1.5 }
    const path = () => {
      this.context.moveTo(from.x, from.y)
      this.context.lineTo(neck.x, neck.y)
      this.context.moveTo(tip.x, tip.y)
      this.context.lineTo(neck.x - towards.y * wing, neck.y + towards.x * wing)
      this.context.lineTo(neck.x + towards.y * wing, neck.y - towards.x * wing)
      this.context.closePath()
    }
    this.stroke(lineColour.halo, 4.5, path)
    this.stroke(colour, 2, path)
    this.context.fillStyle = colour
    this.context.fill()
  }

  private text(text: string, wanted: Rect, ink: string, paper: string): void {
    const label = keptInside(wanted, this.area)
    if (this.taken.some(other => overlap(other, label))) return
    this.taken.push(label)
    this.context.fillStyle = paper
    this.context.beginPath()
    this.context.roundRect(label.x, label.y, label.width, label.height, 3 * this.scale)
    this.context.fill()
    this.context.fillStyle = ink
    this.context.textAlign = "center"
    this.context.textBaseline = "middle"
    this.context.fillText(text, label.x + label.width / 2, label.y + label.height / 2 + 0.5 * this.scale)
  }

  private stroke(colour: string, width: number, path: () => void): void {
    this.context.strokeStyle = colour
    this.context.lineWidth = width * this.scale
    this.context.beginPath()
    path()
    this.context.stroke()
  }

  private setFont(size: number): void {
    this.context.font = FONT.replace("{size}", String(size * this.scale))
  }

  private rect([left, top, right, bottom]: LiveBox["box"]): Rect {
    const a = placed([left, top], this.area)
    const b = placed([right, bottom], this.area)
    return { x: a.x, y: a.y, width: b.x - a.x, height: b.y - a.y }
  }
}

function middle(a: Spot, b: Spot, part: number): Spot {
  return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }
}
