/** `npm start`: installs and builds what is missing, then runs a local cluster with the sample tables. */
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'
import { become } from './run-command.js'

prepare()
const main = join(projectDir, 'apps', 'cli', 'dist', 'main.js')
become(process.execPath, [main, 'start', '--sample', ...process.argv.slice(2)])
