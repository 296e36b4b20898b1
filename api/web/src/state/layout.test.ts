import { expect, it } from "vitest"
import { columns } from "./layout"

const desk = { width: 1068, height: 820, gap: 12, frame: 110, narrowest: 320 }

it("one camera has the whole wall where its height allows", () => {
  expect(columns({ ...desk, tiles: 1 })).toBe(1)
})

it("few cameras are as large as fits the screen without scrolling", () => {
  expect(columns({ ...desk, tiles: 2 })).toBe(2)
  expect(columns({ ...desk, tiles: 4 })).toBe(2)
  expect(columns({ ...desk, width: 2160, height: 1380, tiles: 9 })).toBe(3)
})

it("many cameras never become too narrow to read", () => {
  expect(columns({ ...desk, tiles: 60 })).toBe(3)
})

it("a phone has one column, however narrow it is", () => {
  expect(columns({ ...desk, width: 336, tiles: 5 })).toBe(1)
  expect(columns({ ...desk, width: 280, tiles: 5 })).toBe(1)
})
