import { testedOpensearch } from '../../support/search-products.ts'
import { testArchive } from '../search/archive.ts'

testArchive(testedOpensearch, ['sqlite'])
