import { expect, it } from "vitest"
import { byClass, counted, countsOf, lineTotal, RecentIds, reconciled, total } from "./counts"

const service = countsOf({
  north: { in: 3, out: 1, by_class: { car: { in: 3, out: 1 } } },
  south: { in: 10, out: 0, by_class: { motorcycle: { in: 10, out: 0 } } },
})

it("a crossing increments its line, class and direction; earlier counts are unchanged", () => {
  const after = counted(service, "north", "car", "out")
  expect(lineTotal(after, "north")).toEqual({ in: 3, out: 2 })
  expect(lineTotal(service, "north")).toEqual({ in: 3, out: 1 })
  expect(total(after)).toEqual({ in: 13, out: 2 })
})

it("an unknown line or class is counted from zero", () => {
  expect(lineTotal(counted(service, "new", "bus", "in"), "new")).toEqual({ in: 1, out: 0 })
})

it("rows have a fixed order, without unseen classes", () => {
  expect(byClass([service, service])).toEqual([
    { of: "motorcycle", in: 20, out: 0 },
    { of: "car", in: 6, out: 2 },
  ])
})

it("an event received twice is counted once; the number of ids is bounded", () => {
  const recent = new RecentIds(2)
  expect(["a", "a", "b", "c", "a"].map(id => recent.add(id))).toEqual([true, false, true, true, true])
})

it("quiet lines take the service's counts, busy ones keep the page's", () => {
  const mine = countsOf({ north: { in: 1, out: 0, by_class: { car: { in: 1, out: 0 } } } })
  const both = counted(counted(mine, "south", "bus", "in"), "south", "bus", "in")
  const settled = reconciled(both, service, lineId => lineId === "north", new Set())
  expect(lineTotal(settled, "north")).toEqual({ in: 3, out: 1 })
  expect(lineTotal(settled, "south")).toEqual({ in: 2, out: 0 })
})

it("a lower count is accepted the second time: the service may not have stored all events yet", () => {
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
