/** Where things lie on the canvas. Fractions of the picture in, canvas pixels out. */

export interface Size {
  width: number
  height: number
}

export interface Spot {
  x: number
  y: number
}

export interface Rect extends Spot, Size {}

/** The picture's place when it is fitted whole into a canvas. */
export function fitted(picture: Size, canvas: Size): Rect {
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height)
  const width = picture.width * scale
  const height = picture.height * scale
  return { x: (canvas.width - width) / 2, y: (canvas.height - height) / 2, width, height }
}

export function placed([x, y]: readonly [number, number], area: Rect): Spot {
  return { x: area.x + x * area.width, y: area.y + y * area.height }
}

/**
 * The unit vector that points "in" across a line: from the left-hand to the right-hand side of who stands at its start
 * and looks to its end. In a picture, where y points down, that is the direction turned clockwise as seen.
 */
export function inwards(start: Spot, end: Spot): Spot {
  const length = Math.hypot(end.x - start.x, end.y - start.y) || 1
  return { x: -(end.y - start.y) / length || 0, y: (end.x - start.x) / length || 0 }
}

/** The place at that part of the way from one to the other. */
export function middle(a: Spot, b: Spot, part: number): Spot {
  return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }
}

/** The middle of an outline's highest corners: those that lie within a few pixels of the very highest. */
export function topmost(corners: readonly Spot[]): Spot {
  const y = Math.min(...corners.map(corner => corner.y))
  const level = corners.filter(corner => corner.y - y < 8).map(corner => corner.x)
  return { x: (Math.min(...level) + Math.max(...level)) / 2, y }
}

/** Moves a box of text so that it lies inside an area. */
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
