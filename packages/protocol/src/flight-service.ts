/** Flight's service definition, with the hand-written codec where data flows. */
import { FlightServiceService as generated } from './generated/flight.js'
import { decodeFlightData, serializeFlightData } from './flight-data.js'

export const flightService = {
  ...generated,
  doGet: {
    ...generated.doGet,
    responseSerialize: serializeFlightData,
    responseDeserialize: decodeFlightData,
  },
} as const
