/** The cameras as this screen knows them: facts, health, running counts, pictures. One signal each, so that a change
 * draws anew only what shows it. */
import { computed, type Signal, signal } from "@preact/signals"
import { LiveFeed } from "../api/feed"
import type { Camera, CameraHealth, CameraList, LineCrossing } from "../api/types"
import { type Counts, counted, countsOf, Seen } from "./counts"

export interface CameraModel {
  readonly id: string
  readonly facts: Signal<Camera>
  readonly health: Signal<CameraHealth | null>
  readonly counts: Signal<Counts>
  readonly feed: LiveFeed
}

/** `null` until the service has answered once. */
export const cameras = signal<readonly CameraModel[] | null>(null)
export const countedSince = signal<string | null>(null)
export const crossings = signal<readonly LineCrossing[]>([])

export const onlineCount = computed(
  () => cameras.value?.filter(camera => camera.health.value?.state === "online").length ?? 0,
)

const TICKER_LENGTH = 60
const seen = new Seen()

export function cameraById(id: string): CameraModel | undefined {
  return cameras.value?.find(camera => camera.id === id)
}

/** Takes the service's word over what was known; cameras that stay keep their pictures. */
export function takeList(list: CameraList): void {
  const known = new Map(cameras.value?.map(camera => [camera.id, camera]))
  const next = list.cameras.map(facts => renewed(known.get(facts.id), facts))
  const kept = new Set(next)
  for (const camera of known.values()) if (!kept.has(camera)) camera.feed.close()
  countedSince.value = list.since
  if (!sameCameras(cameras.value, next)) cameras.value = next
}

function renewed(known: CameraModel | undefined, facts: Camera): CameraModel {
  const counts = countsOf(facts.lines)
  if (!known) {
    return {
      id: facts.id,
      facts: signal(facts),
      health: signal(facts.health),
      counts: signal(counts),
      feed: new LiveFeed(facts.id),
    }
  }
  known.facts.value = facts
  known.health.value = facts.health
  known.counts.value = counts
  return known
}

function sameCameras(before: readonly CameraModel[] | null, after: readonly CameraModel[]): boolean {
  return before?.length === after.length && after.every((camera, index) => camera === before[index])
}

export function takeHealth(health: CameraHealth): void {
  const camera = cameraById(health.camera_id)
  if (camera) camera.health.value = health
}

export function takeCrossing(crossing: LineCrossing): void {
  if (!seen.first(crossing.event_id)) return
  const camera = cameraById(crossing.camera_id)
  if (camera) {
    camera.counts.value = counted(
      camera.counts.value,
      crossing.line_id,
      crossing.object_class,
      crossing.direction,
    )
  }
  crossings.value = [crossing, ...crossings.value].slice(0, TICKER_LENGTH)
}
