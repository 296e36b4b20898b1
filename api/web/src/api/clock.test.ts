import { expect, it } from "vitest"
import { backoff } from "./backoff"
import { ServerClock } from "./clock"

it("the clock uses the answer with the shortest round trip", () => {
  const clock = new ServerClock()
  clock.add({ sentAt: 1000, receivedAt: 3000, serverAt: 62_900 })
  clock.add({ sentAt: 5000, receivedAt: 5020, serverAt: 65_010 })
  expect(clock.offsetMs).toBe(60_000)
  expect(clock.uncertaintyMs).toBe(10)
  expect(clock.now(7000)).toBe(67_000)
})

it("the clock is the browser's before the first answer", () => {
  expect(new ServerClock().offsetMs).toBeNull()
  expect(new ServerClock().now(7000)).toBe(7000)
})

it("waits double up to a maximum and start again after a success", () => {
  const waits = backoff(500, 4000, () => 1)
  expect([1, 2, 3, 4, 5].map(() => waits.next())).toEqual([500, 1000, 2000, 4000, 4000])
  waits.reset()
  expect(waits.next()).toBe(500)
})

it("attempts are spread by jitter", () => {
  expect(backoff(500, 4000, () => 0).next()).toBe(250)
})
