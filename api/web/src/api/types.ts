/** Short names for the wire's types; `npm run types` makes them from the service's own models. */
import type { components } from "./schema"

type Schemas = components["schemas"]

export type Camera = Schemas["CameraOut"]
export type CameraLine = Schemas["LineOut"]
export type CameraList = Schemas["CameraList"]
export type CameraState = Schemas["CameraState"]
export type CameraStatus = Schemas["CameraStatus"]
export type Crossing = Schemas["CrossingOut"]
export type CrossingPage = Schemas["CrossingPage"]
export type Direction = Schemas["Direction"]
export type CameraZone = Schemas["ZoneOut"]
export type CongestionLevel = Schemas["CongestionLevel"]
export type IncidentKind = Schemas["IncidentKind"]
export type IncidentPage = Schemas["IncidentPage"]
export type InOut = Schemas["InOut"]
export type LineNow = Schemas["LineNow"]
export type LiveIncident = Schemas["LiveIncident"]
export type LiveZone = Schemas["LiveZone"]
export type PictureCondition = Schemas["PictureCondition"]
export type TrafficNow = Schemas["TrafficNow"]
export type ZoneNow = Schemas["ZoneNow"]
/** As the list has it; as an event it comes without the service's own word on why it ended. */
export type Incident = Omit<Schemas["IncidentOut"], "ended_because"> &
  Partial<Pick<Schemas["IncidentOut"], "ended_because">>
export type LineCount = Schemas["LineCount"]
export type LiveBox = Schemas["LiveBox"]
export type LiveView = Schemas["LiveView"]
export type ObjectClass = Schemas["ObjectClass"]
