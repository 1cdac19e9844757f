import { testedOpensearch } from '../../support/search-products.ts'
import { testEvents } from '../search/events.ts'

testEvents(testedOpensearch)
