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
export type InOut = Schemas["InOut"]
export type LineCount = Schemas["LineCount"]
export type LiveBox = Schemas["LiveBox"]
export type LiveView = Schemas["LiveView"]
export type ObjectClass = Schemas["ObjectClass"]
