/** Colours of classes, levels and incidents, distinguishable with colour-blindness (after Okabe and Ito). */
import type { CongestionLevel, IncidentKind, ObjectClass } from "../api/types"

export const CLASSES = [
  "motorcycle",
  "car",
  "bus",
  "truck",
  "bicycle",
  "person",
] as const satisfies ObjectClass[]

/** On pictures; elsewhere the tokens `--class-…` apply, which follow the theme. */
export const classColour: Record<ObjectClass, string> = {
  motorcycle: "#f5a623",
  car: "#56c2ff",
  bus: "#ffe45c",
  truck: "#ff7a5c",
  bicycle: "#3ddc97",
  person: "#e59bd0",
}

/** On pictures; elsewhere the tokens `--level-…` apply. Where there is room, a label accompanies the colour. */
export const levelColour: Record<CongestionLevel, string> = {
  free: "#3ddc97",
  dense: "#ffd84d",
  congested: "#ff9340",
  jammed: "#ff5566",
}

/** A zone whose level is not known. */
export const unknownColour = "#b4bccb"

export type Urgency = "bad" | "warn" | "off"

/** Danger to people, then violations and traffic flow, then camera trouble. */
export const URGENCY: Record<IncidentKind, Urgency> = {
  stopped_vehicle: "bad",
  wrong_way: "bad",
  pedestrian: "bad",
  collision: "bad",
  object_on_road: "bad",
  illegal_stopping: "warn",
  lane_encroachment: "warn",
  banned_movement: "warn",
  speeding: "warn",
  sudden_slowdown: "warn",
  queue_spillback: "warn",
  congestion: "warn",
  red_light: "warn",
  camera_offline: "off",
  camera_frozen: "off",
  camera_obscured: "off",
  camera_dark: "off",
  camera_defocused: "off",
  camera_moved: "off",
}

export const urgencyColour: Record<Urgency, string> = { bad: "#ff5566", warn: "#ffb347", off: "#b4bccb" }

export const lineColour = { in: "#4ade80", out: "#f9a8d4", stroke: "#ffffff", halo: "rgba(8, 10, 14, 0.72)" }
