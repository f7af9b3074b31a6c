package db_test

import (
	"context"
	"sync"
	"testing"

	"aviso/db"
)

// A COMMIT whose answer is lost is looked up: what is there counts as done,
// what is not as not done, and neither is done twice.
func TestCommitWithoutAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		cut    int32
		landed bool
	}{
		"that was heard":   {cutCommitted, true},
		"that got nowhere": {cutRequest, false},
	} {
		t.Run(name, func(t *testing.T) {
			onPostgres(t, func(t *testing.T, direct *db.DB, url string) {
				prepare(t, direct, "a", "b")
				l := connect(t, url)
				k := engage(t, open(t, l.url))
				pair := func(first, second *add) []<-chan error {
					release := k.hold("a")
					defer release()
					return k.line(db.Admitting, first, second)
				}
				for _, a := range pair(k.add("a"), k.add("b")) {
					if err := <-a; err != nil {
						t.Fatal(err) // all statements are prepared now
					}
				}
				first, second := k.add("a"), k.add("b")
				first.during = func() { l.state.Store(c.cut) }
				for _, a := range pair(first, second) {
					err := <-a
					if c.landed && err != nil {
						t.Errorf("it was there: %v", err)
					}
					if !c.landed && !db.IsUnavailable(err) {
						t.Errorf("it was not there: %v", err)
					}
				}
				<-l.cut
				if first.runs != 1 || second.runs != 1 {
					t.Errorf("decided %d and %d times", first.runs, second.runs)
				}
				want := int64(0)
				if c.landed {
					want = 1
				}
				k.check("a", 3+want)
				k.check("b", 1+want)
				if err := k.Do(db.Admitting, k.add("b")); err != nil {
					t.Errorf("the next one: %v", err)
				}
			})
		})
	}
}

// An administrator ends the connection while the server commits.
func TestCommitThatIsTerminated(t *testing.T) {
	onPostgres(t, func(t *testing.T, d *db.DB, _ string) {
		prepare(t, d, "a")
		held := slowCommits(t, d)
		k := engage(t, d)
		answer := k.send(db.Admitting, k.add("a"))
		pid := held.committing(answer)
		held.write(`SELECT pg_terminate_backend($1)`, pid)
		if err := <-answer; !db.IsUnavailable(err) {
			t.Errorf("%v", err)
		}
		held.release()
		k.check("a", 0)
		if err := k.Do(db.Admitting, k.add("a")); err != nil {
			t.Errorf("the next one: %v", err)
		}
		k.check("a", 1)
	})
}

// The link breaks while the server commits. It goes on committing, and whoever
// looked for the rows meanwhile would not see them.
func TestCommitThatGoesOnAlone(t *testing.T) {
	onPostgres(t, func(t *testing.T, direct *db.DB, url string) {
		prepare(t, direct, "a")
		l := connect(t, url)
		k := engage(t, open(t, l.url))
		if err := k.Do(db.Admitting, k.add("a")); err != nil {
			t.Fatal(err) // all statements are prepared now
		}
		held := slowCommits(t, direct)
		w := k.add("a")
		w.during = func() { l.state.Store(cutCommitting) }
		answer := k.send(db.Admitting, w)
		<-l.cut
		held.committing(answer)
		for asked := int64(0); asked == 0; { // at least once while it commits
			unanswered(t, answer)
			asked = number(t, direct, `SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE '%pg_xact_status%' AND state = 'idle'
				AND datname = current_database() AND pid <> pg_backend_pid()`)
		}
		held.release()
		if err := <-answer; err != nil {
			t.Errorf("it was there: %v", err)
		}
		k.check("a", 2)
	})
}

// slow makes every commit of a mark wait for a lock that the test holds.
type slow struct {
	t       *testing.T
	tx      *db.Tx
	release func()
}

func slowCommits(t *testing.T, d *db.DB) *slow {
	t.Helper()
	write(t, d, `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'`)
	write(t, d, `CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON marks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()`)
	s := &slow{t: t}
	locked, left, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec(`SELECT pg_advisory_xact_lock(1)`)
			s.tx = tx
			close(locked)
			<-left
			return err
		})
	}()
	<-locked
	s.release = sync.OnceFunc(func() {
		close(left)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.release)
	return s
}

func (s *slow) write(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.tx.Exec(statement, args...); err != nil {
		s.t.Error(err)
	}
}

// committing waits until who is to get the answer waits for the lock, and
// returns the process that does.
func (s *slow) committing(answer <-chan error) (pid int64) {
	s.t.Helper()
	for pid == 0 {
		unanswered(s.t, answer)
		err := s.tx.Row(`SELECT COALESCE(MAX(pid), 0) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`, nil, &pid)
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return pid
}

// unanswered ends a test that waits for what only happens before the answer.
func unanswered(t *testing.T, answer <-chan error) {
	t.Helper()
	select {
	case err := <-answer:
		t.Fatalf("answered too early: %v", err)
	default:
	}
}
