/** Monotonic time, told once a second: whoever shows an age reads it and is drawn anew. */
import { signal } from "@preact/signals"

export const tick = signal(performance.now())

setInterval(() => {
  tick.value = performance.now()
}, 1000)

/** How long ago a monotonic moment was, as of the last tick. */
export function ageMs(moment: number): number {
  return Math.max(0, Math.max(tick.value, moment) - moment)
}
