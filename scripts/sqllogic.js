/** `npm run sqllogic -- PATH...`: builds what is missing, then runs sqllogictest files on a cluster. */
import { join } from 'node:path'
import { prepare, projectDir } from './prepare.js'
import { become } from './run-command.js'

prepare({ projects: ['.', join('tests', 'sqllogic')] })
become(process.execPath, [join(projectDir, 'tests', 'sqllogic', 'dist', 'main.js'), ...process.argv.slice(2)])
