/** Monotonic time, updated every second: components that show an age read it and re-render. */
import { signal } from "@preact/signals"

export const tick = signal(performance.now())

setInterval(() => {
  tick.value = performance.now()
}, 1000)

/** Milliseconds since a monotonic time, as of the last tick. */
export function ageMs(moment: number): number {
  return Math.max(0, Math.max(tick.value, moment) - moment)
}
