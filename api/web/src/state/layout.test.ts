import { expect, it } from "vitest"
import { layout } from "./layout"

const desk = { width: 1068, height: 820, gap: 12, frame: 110, shape: 16 / 9, narrowest: 320 }

it("one camera fills the wall as far as the height allows", () => {
  expect(layout({ ...desk, tiles: 1 })).toEqual({ columns: 1, pictureHeight: 600 })
})

it("few cameras are as large as fits without scrolling", () => {
  expect(layout({ ...desk, tiles: 2 }).columns).toBe(2)
  expect(layout({ ...desk, width: 2160, height: 1380, tiles: 9 }).columns).toBe(3)
})

it("pictures shrink a little so that the last row is on the screen", () => {
  const { columns, pictureHeight } = layout({ ...desk, tiles: 4 })
  expect(columns).toBe(2)
  expect(2 * (pictureHeight + desk.frame) + desk.gap).toBeLessThanOrEqual(desk.height)
})

it("taller pictures use the available height, up to 4:3", () => {
  expect(layout({ ...desk, tiles: 2, shape: 4 / 3 })).toEqual({ columns: 2, pictureHeight: 396 })
  expect(layout({ ...desk, tiles: 2, shape: 9 / 16 })).toEqual({ columns: 2, pictureHeight: 396 })
  expect(layout({ ...desk, tiles: 4, shape: 4 / 3 }).pictureHeight).toBe(294)
})

it("with many cameras the wall scrolls, in 16:9", () => {
  expect(layout({ ...desk, tiles: 60 })).toEqual({ columns: 3, pictureHeight: 195 })
})

it("a phone has one column, however narrow it is", () => {
  expect(layout({ ...desk, width: 336, tiles: 5 })).toEqual({ columns: 1, pictureHeight: 189 })
  expect(layout({ ...desk, width: 280, tiles: 5 }).columns).toBe(1)
})
