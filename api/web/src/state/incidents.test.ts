import { beforeEach, expect, it } from "vitest"
import type { Incident } from "../api/types"
import { announced, applyIncident, applyIncidents, incidents, openCount } from "./incidents"

function incident(id: string, sequence: number, phase: Incident["phase"], minute = 0): Incident {
  const at = `2026-11-20T05:${String(minute).padStart(2, "0")}:00Z`
  return {
    event_id: `${id}-${sequence}`,
    camera_id: "north",
    session_id: "session-1",
    incident_id: id,
    incident_kind: "stopped_vehicle",
    phase,
    sequence,
    started_at: at,
    at,
    ended_at: phase === "ended" ? at : null,
    zone_id: null,
    line_id: null,
    movement_id: null,
    place: null,
    track_ids: [],
    classes: [],
    confidence: 0.8,
    reason: "",
    facts: {},
    captured_at: at,
  }
}

const phases = () => incidents.value.map(({ incident_id, phase }) => `${incident_id} ${phase}`)

beforeEach(() => {
  applyIncidents([], Number.POSITIVE_INFINITY)
  announced.value = null
})

it("open incidents come first, then the newest ended ones", () => {
  applyIncidents(
    [incident("a", 1, "ended", 3), incident("b", 0, "raised", 1), incident("c", 2, "updated", 2)],
    0,
  )
  expect(phases()).toEqual(["c updated", "b raised", "a ended"])
  expect(openCount.value).toBe(2)
})

it("danger to people comes before congestion, congestion before camera trouble", () => {
  const kinds = ["camera_moved", "congestion", "pedestrian"] as const
  applyIncidents(
    kinds.map((incident_kind, minute) => ({
      ...incident(incident_kind, 0, "raised", 9 - minute),
      incident_kind,
    })),
    0,
  )
  expect(incidents.value.map(({ incident_kind }) => incident_kind)).toEqual([...kinds].reverse())
})

it("an older update changes nothing", () => {
  applyIncident(incident("a", 2, "ended"))
  applyIncident(incident("a", 1, "updated"))
  expect(phases()).toEqual(["a ended"])
})

it("only raised incidents are announced, and only once", () => {
  applyIncident(incident("a", 0, "raised"))
  expect(announced.value?.incident_id).toBe("a")
  announced.value = null
  applyIncident(incident("a", 0, "raised"))
  applyIncident(incident("a", 1, "updated"))
  expect(announced.value).toBeNull()
})

it("an incident that the service has ended is ended on the page", () => {
  applyIncident(incident("a", 3, "updated"), 0)
  applyIncidents([{ ...incident("a", 3, "ended"), ended_because: "unwatched" }], 5000)
  expect(phases()).toEqual(["a ended"])
})

it("an update during the request stays, even if the answer lacks it", () => {
  applyIncident(incident("a", 1, "updated"), 4500)
  applyIncident(incident("b", 0, "raised"), 100)
  applyIncidents([incident("a", 0, "raised")], 5000)
  expect(phases()).toEqual(["a updated"])
})
