import { expect, it } from "vitest"
import { fitted, inwards, keptInside, overlap, placed, topmost } from "./geometry"

it("a portrait picture is centred in a wide canvas", () => {
  expect(fitted({ width: 480, height: 960 }, { width: 800, height: 400 })).toEqual({
    x: 300,
    y: 0,
    width: 200,
    height: 400,
  })
})

it("fractions refer to the picture, not to the canvas", () => {
  expect(placed([0.5, 1], { x: 300, y: 0, width: 200, height: 400 })).toEqual({ x: 400, y: 400 })
})

it("in is from the left-hand to the right-hand side, looking from start to end", () => {
  expect(inwards({ x: 0, y: 50 }, { x: 100, y: 50 })).toEqual({ x: 0, y: 1 })
  expect(inwards({ x: 50, y: 100 }, { x: 50, y: 0 })).toEqual({ x: 1, y: 0 })
})

it("a zone's label is at the middle of its upper edge, or at its highest corner", () => {
  const square = [
    { x: 10, y: 20 },
    { x: 50, y: 22 },
    { x: 60, y: 90 },
    { x: 0, y: 90 },
  ]
  expect(topmost(square)).toEqual({ x: 30, y: 20 })
  expect(topmost([{ x: 70, y: 5 }, ...square])).toEqual({ x: 70, y: 5 })
})

it("a label at the edge is moved inside", () => {
  const area = { x: 0, y: 0, width: 100, height: 100 }
  expect(keptInside({ x: 90, y: -5, width: 20, height: 10 }, area)).toMatchObject({ x: 80, y: 0 })
})

it("labels that only touch do not overlap", () => {
  const label = { x: 0, y: 0, width: 10, height: 10 }
  expect(overlap(label, { ...label, x: 10 })).toBe(false)
  expect(overlap(label, { ...label, x: 9 })).toBe(true)
})
