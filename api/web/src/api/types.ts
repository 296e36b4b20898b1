/** Short names of the API's types, which `npm run types` generates from the service's models. */
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
/** An incident of the list; as an event it has no `ended_because`, which only the service knows. */
export type Incident = Omit<Schemas["IncidentOut"], "ended_because"> &
  Partial<Pick<Schemas["IncidentOut"], "ended_because">>
export type LineCount = Schemas["LineCount"]
export type LiveBox = Schemas["LiveBox"]
export type LiveView = Schemas["LiveView"]
export type ObjectClass = Schemas["ObjectClass"]
