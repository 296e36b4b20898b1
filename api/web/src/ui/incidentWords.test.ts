import { afterEach, expect, it } from "vitest"
import type { Incident } from "../api/types"
import { language } from "../i18n"
import { reasonWords } from "./incidentWords"

function told(incident_kind: Incident["incident_kind"], facts: Incident["facts"]): Incident {
  return { incident_kind, facts, reason: "as the worker put it" } as Incident
}

afterEach(() => {
  language.value = "en"
})

it("a reason is a sentence of the facts in the page's language", () => {
  const facts = { class: "car", zone: "Nhánh bắc", stands_s: 75, traffic_kmh: 34 }
  expect(reasonWords(told("stopped_vehicle", facts))).toBe(
    "Car has stood in Nhánh bắc for 1 min while traffic moves at 34 km/h",
  )
  language.value = "vi"
  expect(reasonWords(told("stopped_vehicle", facts))).toBe(
    "Ô tô con đứng yên ở Nhánh bắc đã 1 phút trong khi dòng xe chạy 34 km/h",
  )
})

it("what comes after brings its comma with it", () => {
  const congestion = { zone: "north", level: "jammed", speed_pct: 5 }
  expect(reasonWords(told("congestion", congestion))).toBe("Jammed, at 5 % of its free speed")
})

it("what is not known is left out", () => {
  const facts = { class: "motorcycle", zone: "north", against_deg: 170, seconds: 3 }
  expect(reasonWords(told("wrong_way", facts))).toBe("Motorcycle goes against the direction of north for 3 s")
})

it("several classes and signs are listed", () => {
  const facts = { classes: "car, motorcycle", zone: "north", cues: "braking,together", stands_s: 4 }
  expect(reasonWords(told("collision", facts))).toBe(
    "In north vehicles (Car, Motorcycle) have stood for 4 s; signs: hard braking, vehicles very close",
  )
})

it("a camera's own trouble names its state as the page does", () => {
  language.value = "vi"
  expect(reasonWords(told("camera_offline", { state: "unauthorized" }))).toBe(
    "Camera không gửi hình: Sai mật khẩu",
  )
})

it("facts that a sentence needs and that are missing leave the worker's own words", () => {
  expect(reasonWords(told("speeding", { class: "car", zone: "north" }))).toBe("as the worker put it")
})

it("a word that this page does not know is shown as it came", () => {
  const facts = { class: "tractor", zone: "north", zone_kind: "towpath", seconds: 9 }
  expect(reasonWords(told("lane_encroachment", facts))).toContain("tractor in north (towpath)")
})
