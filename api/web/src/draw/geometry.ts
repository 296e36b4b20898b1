/** Converts fractions of the picture to canvas pixels, and places labels. */

export interface Size {
  width: number
  height: number
}

export interface Point {
  x: number
  y: number
}

export interface Rect extends Point, Size {}

/** The picture's rectangle when it is scaled to fit into a canvas. */
export function fitted(picture: Size, canvas: Size): Rect {
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height)
  const width = picture.width * scale
  const height = picture.height * scale
  return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height }
}

export function placed([x, y]: readonly [number, number], area: Rect): Point {
  return { x: area.x + x * area.width, y: area.y + y * area.height }
}

/**
 * The unit vector of direction `in` across a line: from its left-hand to its right-hand side, looking from its start to
 * its end. As y points down, that is the line's direction turned clockwise.
 */
export function inwards(start: Point, end: Point): Point {
  const length = Math.hypot(end.x - start.x, end.y - start.y) || 1
  return { x: -(end.y - start.y) / length || 0, y: (end.x - start.x) / length || 0 }
}

/** The point at a fraction of the segment from `a` to `b`. */
export function middle(a: Point, b: Point, part: number): Point {
  return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }
}

/** The middle of a polygon's highest corners, those within a few pixels of the topmost one. */
export function topmost(corners: readonly Point[]): Point {
  const y = Math.min(...corners.map(corner => corner.y))
  const level = corners.filter(corner => corner.y - y < 8).map(corner => corner.x)
  return { x: (Math.min(...level) + Math.max(...level)) / 2, y }
}

/** Moves a label so that it lies inside an area. */
export function keptInside(text: Rect, area: Rect): Rect {
  const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(value, high))
  return {
    ...text,
    x: clamp(text.x, area.x, area.x + area.width - text.width),
    y: clamp(text.y, area.y, area.y + area.height - text.height),
  }
}

export function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
