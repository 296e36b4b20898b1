/** The layout of the wall: the largest tiles with which all cameras fit on the screen. */

export interface WallMeasures {
  tiles: number
  width: number
  height: number
  gap: number
  /** Height of a tile without its picture, px. */
  frame: number
  /** Aspect ratio (width over height) of the tallest picture on the wall. */
  shape: number
  /** Narrowest readable tile, px; beyond that the wall scrolls. */
  narrowest: number
}

export interface WallLayout {
  columns: number
  /** In px. */
  pictureHeight: number
}

/** Aspect ratios of tiles; taller pictures get dark bars at their sides. */
const [WIDE, TALL] = [16 / 9, 4 / 3]
/** A picture may have this fraction of the height of 16:9, with dark bars at its sides, rather than a smaller tile. */
const SQUEEZE = 0.8

export function layout(wall: WallMeasures): WallLayout {
  const most = Math.max(1, Math.floor((wall.width + wall.gap) / (wall.narrowest + wall.gap)))
  const widest = Math.min(most, Math.max(1, wall.tiles))
  for (let columns = 1; columns <= widest; columns++) {
    const room = roomForPicture(wall, columns)
    if (room >= (widthOf(wall, columns) / WIDE) * SQUEEZE) {
      return { columns, pictureHeight: Math.floor(Math.min(wanted(wall, columns), room)) }
    }
  }
  return { columns: widest, pictureHeight: Math.floor(wanted(wall, widest)) }
}

function wanted(wall: WallMeasures, columns: number): number {
  return widthOf(wall, columns) / Math.max(TALL, Math.min(wall.shape, WIDE))
}

function widthOf({ width, gap }: WallMeasures, columns: number): number {
  return (width - gap * (columns - 1)) / columns
}

function roomForPicture({ tiles, height, gap, frame }: WallMeasures, columns: number): number {
  const rows = Math.ceil(tiles / columns)
  return (height - gap * (rows - 1)) / rows - frame
}
