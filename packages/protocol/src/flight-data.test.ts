import { expect, test } from 'vitest'
import { decodeFlightData, flightDataFrame, serializeFlightData, type FlightData } from './flight-data.js'
import { FlightData as GeneratedFlightData } from './generated/flight.js'

const header = Buffer.from('header')
const body = [Buffer.alloc(300, 7), Buffer.from('tail')]

test('writes what the generated codec reads, and reads what it writes', () => {
  const bytes = encode({ header, body, appMetadata: Buffer.from('app') })
  const generated = GeneratedFlightData.decode(bytes)
  expect(generated.dataHeader).toEqual(header)
  expect(generated.dataBody).toEqual(Buffer.concat(body))
  expect(generated.appMetadata.toString()).toBe('app')
  const again = decodeFlightData(Buffer.from(GeneratedFlightData.encode(generated).finish()))
  expect(Buffer.concat(again.body)).toEqual(Buffer.concat(body))
  expect(again.header).toEqual(header)
})

test('gRPC copies the pieces to where it wants them, with the body at a multiple of 8', () => {
  const message = serializeFlightData({ header: Buffer.alloc(16, 1), body: [Buffer.from('bodybody')] })
  const framed = Buffer.alloc(5 + message.byteLength)
  expect(message.copy(framed, 5)).toBe(message.byteLength)
  expect(framed.indexOf('bodybody') % 8).toBe(0)
  const { header, body } = decodeFlightData(framed.subarray(5))
  expect(header).toEqual(Buffer.alloc(16, 1))
  expect(Buffer.concat(body).toString()).toBe('bodybody')
})

test('as a frame of gRPC it is the same, its body not copied', () => {
  for (const data of [{ header, body }, { header, body: [] }, { header, body, appMetadata: header }]) {
    const frame = flightDataFrame(data)
    expect(frame.slice(1)).toEqual(data.body)
    const bytes = Buffer.concat(frame)
    expect([bytes[0], bytes.readUInt32BE(1)]).toEqual([0, bytes.length - 5])
    expect(bytes.subarray(5)).toEqual(encode(data))
  }
})

test('what is read are views', () => {
  const bytes = encode({ header, body })
  expect(decodeFlightData(bytes).body[0]?.buffer).toBe(bytes.buffer)
})

test('skips fields it does not know and refuses broken bytes', () => {
  const unknown = Buffer.from([0x28, 0x05, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3d, 1, 2, 3, 4])
  expect(
    decodeFlightData(Buffer.concat([unknown, encode({ header, body: [] })])).header,
  ).toEqual(header)
  for (const broken of [
    [0x12],
    [0x12, 0xff],
    [0x12, 0x05, 1],
    [0x13],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ]) {
    expect(() => decodeFlightData(Buffer.from(broken))).toThrow(/broken FlightData/)
  }
})

function encode(data: FlightData): Buffer {
  const message = serializeFlightData(data)
  const bytes = Buffer.alloc(message.byteLength)
  message.copy(bytes)
  return bytes
}
