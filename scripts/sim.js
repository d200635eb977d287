/** `npm run sim -- ...`: builds what is missing, then simulates clusters from seeds. */
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'
import { become } from './run-command.js'

prepare({ projects: [join('tests', 'simulation')] })
become(process.execPath, [join(projectDir, 'tests', 'simulation', 'dist', 'main.js'), ...process.argv.slice(2)])
