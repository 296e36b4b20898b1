/** The classes' colours: told apart by people with colour-blindness too (after Okabe and Ito). */
import type { ObjectClass } from "../api/types"

export const CLASSES = [
  "motorcycle",
  "car",
  "bus",
  "truck",
  "bicycle",
  "person",
] as const satisfies ObjectClass[]

/** On pictures; on the page itself the tokens `--class-…` are used, which suit the theme. */
export const classColour: Record<ObjectClass, string> = {
  motorcycle: "#f5a623",
  car: "#56c2ff",
  bus: "#ffe45c",
  truck: "#ff7a5c",
  bicycle: "#3ddc97",
  person: "#e59bd0",
}

export const lineColour = { in: "#4ade80", out: "#f9a8d4", stroke: "#ffffff", halo: "rgba(8, 10, 14, 0.72)" }
