import { afterEach, expect, it } from "vitest"
import type { Incident } from "../api/types"
import { language } from "../i18n"
import { reasonText } from "./incidentTexts"

function incident(incident_kind: Incident["incident_kind"], facts: Incident["facts"]): Incident {
  return { incident_kind, facts, reason: "as the worker wrote it" } as Incident
}

afterEach(() => {
  language.value = "en"
})

it("a reason is made of the facts in the page's language", () => {
  const facts = { class: "car", zone: "Nhánh bắc", stands_s: 75, traffic_kmh: 34 }
  expect(reasonText(incident("stopped_vehicle", facts))).toBe(
    "Car stopped in Nhánh bắc for 1 min while traffic moves at 34 km/h",
  )
  language.value = "vi"
  expect(reasonText(incident("stopped_vehicle", facts))).toBe(
    "Ô tô con dừng ở Nhánh bắc đã 1 phút trong khi dòng xe chạy 34 km/h",
  )
})

it("an extra fact begins with its own comma", () => {
  const congestion = { zone: "north", level: "jammed", speed_pct: 5 }
  expect(reasonText(incident("congestion", congestion))).toBe("Jammed, at 5 % of its free-flow speed")
})

it("an unknown fact is left out", () => {
  const facts = { class: "motorcycle", zone: "north", against_deg: 170, seconds: 3 }
  expect(reasonText(incident("wrong_way", facts))).toBe(
    "Motorcycle driving against the direction of north for 3 s",
  )
})

it("several classes and cues are listed", () => {
  const facts = { classes: "car, motorcycle", zone: "north", cues: "braking,together", stands_s: 4 }
  expect(reasonText(incident("collision", facts))).toBe(
    "Vehicles (Car, Motorcycle) stopped in north for 4 s; evidence: hard braking, vehicles very close together",
  )
})

it("camera trouble has the state's label", () => {
  language.value = "vi"
  expect(reasonText(incident("camera_offline", { state: "unauthorized" }))).toBe(
    "Camera không gửi hình: Sai mật khẩu",
  )
})

it("without a required fact, the worker's text is shown", () => {
  expect(reasonText(incident("speeding", { class: "car", zone: "north" }))).toBe("as the worker wrote it")
})

it("an unknown value is shown as it is", () => {
  const facts = { class: "tractor", zone: "north", zone_kind: "towpath", seconds: 9 }
  expect(reasonText(incident("lane_encroachment", facts))).toContain("tractor in north (towpath)")
})
