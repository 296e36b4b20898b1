/** How many columns the wall has: as large as the tiles can be with all of them on the screen, or nearly. */

export interface WallMeasures {
  tiles: number
  width: number
  height: number
  gap: number
  /** What a tile has above and below its 16:9 picture. */
  frame: number
  /** Narrower tiles cannot be read: the wall scrolls instead. */
  narrowest: number
}

/** A row that is cut a little is better than tiles a third smaller. */
const OVERHANG = 1.15

export function columns(wall: WallMeasures): number {
  const most = Math.max(1, Math.floor((wall.width + wall.gap) / (wall.narrowest + wall.gap)))
  for (let count = 1; count <= Math.min(most, wall.tiles); count++) {
    if (heightOf(wall, count) <= wall.height * OVERHANG) return count
  }
  return Math.max(1, Math.min(most, wall.tiles))
}

function heightOf(wall: WallMeasures, count: number): number {
  const rows = Math.ceil(wall.tiles / count)
  const width = (wall.width - wall.gap * (count - 1)) / count
  return rows * ((width * 9) / 16 + wall.frame) + wall.gap * (rows - 1)
}
