import { expect, it } from "vitest"
import { LatencyWindow, verdict } from "./latency"

it("the target is met up to one second, inclusive", () => {
  expect([0, 1000, 1001, 2000, 2001].map(verdict)).toEqual(["met", "met", "late", "late", "missed"])
})

it("one slow frame in twenty does not miss the target, two do", () => {
  const window = new LatencyWindow()
  for (let i = 0; i < 19; i++) window.add(i, 100)
  window.add(19, 5000)
  expect(window.summary()).toEqual({ medianMs: 100, p95Ms: 100 })
  window.add(20, 5000)
  expect(window.summary()?.p95Ms).toBe(5000)
})

it("old frames leave the window", () => {
  const window = new LatencyWindow(10_000)
  window.add(0, 9000)
  window.add(10_000, 100)
  expect(window.summary()).toEqual({ medianMs: 100, p95Ms: 100 })
})

it("without frames there is no latency", () => {
  expect(new LatencyWindow().summary()).toBeNull()
})
