/** Names and labels that several parts of the page share. */
import type { Camera, CameraState, CongestionLevel } from "../api/types"
import { t } from "../i18n"
import type { CameraModel } from "../state/cameras"

export function cameraName(camera: CameraModel): string {
  return camera.facts.value.name || camera.id
}

export function stateText(state: CameraState): { label: string; why: string } {
  return { label: t(`state.${state}`), why: t(`state.${state}.why`) }
}

/** The line's name of a direction, or the page's label if it has none. */
export function directionName(name: string, direction: "in" | "out"): string {
  return name && name !== direction ? name : t(`direction.${direction}`)
}

export function zoneName({ zones }: Pick<Camera, "zones">, zoneId: string): string {
  return zones.find(({ id }) => id === zoneId)?.name || zoneId
}

export function levelLabel(level: CongestionLevel | null): string {
  return t(level ? `level.${level}` : "level.unknown")
}

export type Tone = "ok" | "busy" | "warn" | "bad" | "off"

const TONES: Record<CameraState, Tone> = {
  online: "ok",
  connecting: "busy",
  stalled: "warn",
  frozen: "warn",
  runaway: "warn",
  unauthorized: "bad",
  unreachable: "bad",
  garbage: "bad",
  misconfigured: "bad",
  failed: "bad",
  lost: "bad",
  ended: "off",
  stopped: "off",
}

export function tone(state: CameraState): Tone {
  return TONES[state]
}
