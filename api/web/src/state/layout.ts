/** How the wall is laid out: as large as the tiles can be with all of them on the screen. */

export interface WallMeasures {
  tiles: number
  width: number
  height: number
  gap: number
  /** What a tile has above and below its picture. */
  frame: number
  /** Width over height of the tallest picture on the wall. */
  shape: number
  /** Narrower tiles cannot be read: the wall scrolls instead. */
  narrowest: number
}

export interface WallLayout {
  columns: number
  /** In px. */
  pictureHeight: number
}

/** Tiles are cut for these; what is taller still has dark sides. */
const [WIDE, TALL] = [16 / 9, 4 / 3]
/** A picture may be this much lower than 16:9, with its sides left dark: better than tiles a third smaller. */
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
