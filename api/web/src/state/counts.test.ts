import { expect, it } from "vitest"
import { byClass, counted, countsOf, lineTotal, reconciled, Seen, total } from "./counts"

const service = countsOf({
  north: { in: 3, out: 1, by_class: { car: { in: 3, out: 1 } } },
  south: { in: 10, out: 0, by_class: { motorcycle: { in: 10, out: 0 } } },
})

it("a crossing raises its line, class and direction, and leaves the older counts alone", () => {
  const after = counted(service, "north", "car", "out")
  expect(lineTotal(after, "north")).toEqual({ in: 3, out: 2 })
  expect(lineTotal(service, "north")).toEqual({ in: 3, out: 1 })
  expect(total(after)).toEqual({ in: 13, out: 2 })
})

it("a line and a class that the service did not know are counted from zero", () => {
  expect(lineTotal(counted(service, "new", "bus", "in"), "new")).toEqual({ in: 1, out: 0 })
})

it("rows come in one order, without classes that were never seen", () => {
  expect(byClass([service, service])).toEqual([
    { of: "motorcycle", in: 20, out: 0 },
    { of: "car", in: 6, out: 2 },
  ])
})

it("an event told twice is counted once, and the memory is bounded", () => {
  const seen = new Seen(2)
  expect(["a", "a", "b", "c", "a"].map(id => seen.first(id))).toEqual([true, false, true, true, true])
})

it("the service's word stands for quiet lines, this screen's own sum for busy ones", () => {
  const mine = countsOf({ north: { in: 1, out: 0, by_class: { car: { in: 1, out: 0 } } } })
  const both = counted(counted(mine, "south", "bus", "in"), "south", "bus", "in")
  const settled = reconciled(both, service, lineId => lineId === "north", new Set())
  expect(lineTotal(settled, "north")).toEqual({ in: 3, out: 1 })
  expect(lineTotal(settled, "south")).toEqual({ in: 2, out: 0 })
})

it("a lower sum counts when the service tells it twice: at first it may not have stored what it told", () => {
  const lower = new Set<string>()
  const mine = counted(service, "north", "car", "in")
  const once = reconciled(mine, service, () => true, lower)
  expect(lineTotal(once, "north")).toEqual({ in: 4, out: 1 })
  const stored = reconciled(once, mine, () => true, lower)
  expect(lineTotal(stored, "north")).toEqual({ in: 4, out: 1 })
  expect(
    lineTotal(
      reconciled(stored, service, () => true, lower),
      "north",
    ),
  ).toEqual({ in: 4, out: 1 })
  expect(
    lineTotal(
      reconciled(stored, service, () => true, lower),
      "north",
    ),
  ).toEqual({ in: 3, out: 1 })
})
