package numbered

import "aviso/db"

// Removal is what retention takes from accounts' lists in one transaction, by
// account. Begin with Removal{}.
type Removal map[string]taken

type taken struct{ rows, keptFrom int64 }

// Add says that a row is gone.
func (r Removal) Add(account string, number int64) {
	t := r[account]
	r[account] = taken{t.rows + 1, max(t.keptFrom, number+1)}
}

func noteRemoved(accounts string) *db.Many {
	return db.NewMany(`WITH v(account_id, removed, kept_from) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))}})
		UPDATE ` + accounts + ` SET removed = ` + accounts + `.removed + v.removed,
			kept_from = CASE WHEN v.kept_from > ` + accounts + `.kept_from THEN v.kept_from ELSE ` + accounts + `.kept_from END
		FROM v WHERE ` + accounts + `.account_id = v.account_id`)
}

// Note keeps accounts' lists countable: it writes down how many rows are gone,
// and from which number on none is. It belongs into the transaction that removes
// them.
func (l *List[Row]) Note(tx *db.Tx, r Removal) error {
	var args []any
	for _, account := range db.SortedKeys(r) {
		t := r[account.(string)]
		args = append(args, account, t.rows, t.keptFrom)
	}
	return tx.Each(l.removed, args, nil)
}
