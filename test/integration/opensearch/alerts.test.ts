import { testedOpensearch } from '../../support/search-products.ts'
import { testAlerts } from '../search/alerts.ts'

testAlerts(testedOpensearch)
