export * from './front-messages.js'
export * from './messages.js'
