package story

import (
	"net/http"
	"strings"
	"testing"
)

// tidyTexts are books that add up: a text that was taken, one in two parts that
// arrived, one that was refused, one of which the network said later that it
// never left, one in doubt, one whose first call was cut off and left a text
// behind that is refunded, and a call that came to a closed door. Two texts came
// in; the node was killed while it pushed the second.
func tidyTexts() *TextBooks {
	b := &TextBooks{Messages: map[string]*SentText{}, Pushed: map[string][]int{"in-0": {http.StatusOK}}}
	enter := func(fate TextFate, n, status int, state, became string, parts int, cost int64) *TextCall {
		x := Text{fate.Number(n), strings.Repeat("x", 150*parts)}
		c := &TextCall{Key: became, Text: x}
		for _, replayed := range []bool{false, true} {
			c.Answers = append(c.Answers, &TextAnswer{Answer: &Answer{Status: status, Replayed: replayed, Body: became}, ID: c.Text.Recipient, State: state, Segments: parts})
		}
		b.Calls = append(b.Calls, c)
		b.Messages[x.Recipient] = &SentText{ID: x.Recipient, Status: became, Cost: cost}
		b.Spent += cost
		return c
	}
	submit := func(c *TextCall, part, era int, id string) {
		b.Submits = append(b.Submits, &Submit{To: c.Text.Recipient, Part: part, Era: era, ID: id})
	}
	submit(enter(TextTaken, 0, http.StatusOK, "sent", "sent", 1, 1), 1, 0, "1")
	arrived := enter(TextDelivered, 1, http.StatusOK, "sent", "delivered", 2, 2)
	submit(arrived, 1, 0, "2")
	submit(arrived, 2, 0, "3")
	submit(enter(TextRefused, 2, http.StatusBadRequest, "", "failed", 0, 0), 1, 0, "")
	submit(enter(TextRejected, 3, http.StatusOK, "sent", "failed", 1, 0), 1, 0, "4")
	enter(TextTaken, 4, http.StatusOK, "unknown", "unknown", 1, 1)
	again := enter(TextTaken, 5, http.StatusOK, "sent", "sent", 1, 1)
	again.Silences, again.Era = 1, 1
	submit(again, 1, 0, "5")
	submit(again, 1, 1, "6")
	b.Calls = append(b.Calls, &TextCall{Key: "late", Text: Text{Recipient: TextTaken.Number(6)}})

	b.Acknowledged = []string{"in-0", "in-1"}
	b.Listed = []ReceivedText{{Content: "in-1"}, {Content: "in-0", WebhookStatus: http.StatusOK}}
	b.Records = []PushRecord{{"in-0", true, true, http.StatusOK}, {"in-1", true, false, 0}}
	return b
}

func TestTidyTextsAddUp(t *testing.T) {
	if found := tidyTexts().Objections(); len(found) > 0 {
		t.Errorf("%q", found)
	}
}

// The control: whatever a broken Aviso would leave behind is objected to.
func TestDoctoredTextsDoNot(t *testing.T) {
	message := func(b *TextBooks, call int) *SentText { return b.Messages[b.Calls[call].Text.Recipient] }
	for name, c := range map[string]struct {
		doctor func(*TextBooks)
		want   string
	}{
		"an acknowledgement of what never left":   {func(b *TextBooks) { b.Submits = b.Submits[1:] }, "was answered sent, and the message centre has not all of it"},
		"a part that is missing":                  {func(b *TextBooks) { b.Submits = append(b.Submits[:2:2], b.Submits[3:]...) }, "has not all of it"},
		"a text that was submitted twice":         {func(b *TextBooks) { b.Submits = append(b.Submits, b.Submits[0]) }, "part 1 was submitted 2 times"},
		"a part that was":                         {func(b *TextBooks) { b.Submits = append(b.Submits, b.Submits[2]) }, "part 2 was submitted 2 times"},
		"one in doubt that was, before a restart": {func(b *TextBooks) { s := *b.Submits[0]; s.Era = 1; b.Submits = append(b.Submits, &s) }, "was submitted again"},
		"one cut off that was, before a restart":  {func(b *TextBooks) { b.Submits = append(b.Submits, b.Submits[5]) }, "part 1 was submitted 2 times"},
		"a refused call that went out":            {func(b *TextBooks) { b.Submits[3].ID = "9" }, "was answered 400, and the message centre has it"},
		"a closed door that was none":             {func(b *TextBooks) { b.Submits[0].To = TextTaken.Number(6) }, "late has no answer"},
		"a text that nobody asked for":            {func(b *TextBooks) { s := *b.Submits[0]; s.To = TextTaken.Number(9); b.Submits = append(b.Submits, &s) }, "which no call has asked for"},
		"a text that is lost":                     {func(b *TextBooks) { delete(b.Messages, b.Calls[4].Text.Recipient); b.Spent-- }, "is not there"},
		"a receipt that is lost":                  {func(b *TextBooks) { message(b, 1).Status = "sent" }, "its text is sent"},
		"a doubt that nobody was told":            {func(b *TextBooks) { message(b, 0).Status = "unknown" }, "its text is unknown"},
		"a doubt that was settled by a guess":     {func(b *TextBooks) { message(b, 4).Status = "sent" }, "its text is sent"},
		"a promise called off":                    {func(b *TextBooks) { message(b, 0).Status = "interrupted" }, "its text is interrupted"},
		"an answer that changes":                  {func(b *TextBooks) { b.Calls[0].Answers[1].Body = "other" }, "and then 200 other"},
		"a second run instead of a replay":        {func(b *TextBooks) { b.Calls[0].Answers[1].Replayed = false }, "and then 200 sent"},
		"one text for two calls":                  {func(b *TextBooks) { b.Calls = append(b.Calls, b.Calls[0]) }, "have made the same text"},
		"a text that nobody owns":                 {func(b *TextBooks) { b.Messages["x"] = &SentText{} }, "belongs to no call"},
		"credits that are gone":                   {func(b *TextBooks) { b.Spent++ }, "has spent 6 credits"},
		"a text for nothing":                      {func(b *TextBooks) { message(b, 0).Cost = 0; b.Spent-- }, "costs 0 credits, not 1"},
		"a refusal that was not refunded":         {func(b *TextBooks) { message(b, 2).Cost = 1; b.Spent++ }, "costs 1 credits, not 0"},
		"one that never left, not refunded":       {func(b *TextBooks) { message(b, 3).Cost = 1; b.Spent++ }, "costs 1 credits, not 0"},

		"an acknowledged text that is lost":   {func(b *TextBooks) { b.Listed = b.Listed[1:] }, "in-1 was acknowledged, and is listed 0 times"},
		"a repetition taken for another text": {func(b *TextBooks) { b.Listed = append(b.Listed, b.Listed[0]) }, "in-1 was acknowledged, and is listed 2 times"},
		"a text from nowhere":                 {func(b *TextBooks) { b.Acknowledged = b.Acknowledged[1:] }, "in-0 is listed, and was not acknowledged"},
		"a push made twice":                   {func(b *TextBooks) { b.Pushed["in-0"] = append(b.Pushed["in-0"], 200) }, "in-0 was pushed 2 times"},
		"a text that was never pushed":        {func(b *TextBooks) { b.Records = b.Records[:1] }, "in-1 has 0 pushes on record"},
		"a push that still waits":             {func(b *TextBooks) { b.Records[1].Started = false }, "in-1 was never pushed"},
		"a push before its mark":              {func(b *TextBooks) { b.Records[0].Started = false }, "in-0 was pushed before it was marked"},
		"a push made up":                      {func(b *TextBooks) { delete(b.Pushed, "in-0") }, "in-0 is on record as answered 200"},
		"a status made up":                    {func(b *TextBooks) { b.Listed[0].WebhookStatus = 200 }, "in-1 is listed as pushed, 200"},
		"a push of what is not there":         {func(b *TextBooks) { b.Pushed["in-2"] = []int{200} }, "in-2 was pushed, and nothing is on record"},
	} {
		t.Run(name, func(t *testing.T) {
			b := tidyTexts()
			c.doctor(b)
			if found := strings.Join(b.Objections(), "\n"); !strings.Contains(found, c.want) {
				t.Errorf("no objection says %q:\n%s", c.want, found)
			}
		})
	}
}
