package smpp

import (
	"fmt"

	"aviso/transport"
)

// status is how a command went (SMPP 3.4, 5.1.3).
type status uint32

const (
	statusOK        status = 0x00000000
	statusLength    status = 0x00000002 // ESME_RINVCMDLEN
	statusCommand   status = 0x00000003 // ESME_RINVCMDID
	statusBindState status = 0x00000004 // ESME_RINVBNDSTS
	statusSystem    status = 0x00000008 // ESME_RSYSERR
	statusRecipient status = 0x0000000b // ESME_RINVDSTADR
	statusPassword  status = 0x0000000e // ESME_RINVPASWD
	statusSystemID  status = 0x0000000f // ESME_RINVSYSID
	statusQueueFull status = 0x00000014 // ESME_RMSGQFUL
	statusThrottled status = 0x00000058 // ESME_RTHROTTLED
	statusNotNow    status = 0x00000064 // ESME_RX_T_APPN
	statusNever     status = 0x00000065 // ESME_RX_P_APPN
)

// code is the name of a status, or its number when it is a vendor's own.
func (s status) code() string {
	if name, _ := s.known(); name != "" {
		return name
	}
	return fmt.Sprintf("0x%08x", uint32(s))
}

// words are what a status means.
func (s status) words() string {
	if _, words := s.known(); words != "" {
		return words
	}
	return "the gateway refused it with a status of its own"
}

// outcome says whether waiting mends it. A status nobody knows does not: a
// carrier that means "later" has words for it.
func (s status) outcome() transport.Outcome {
	switch s {
	case statusOK:
		return transport.Taken
	case statusThrottled, statusQueueFull, statusSystem, statusNotNow, statusBindState:
		return transport.Later
	}
	return transport.Refused
}

// slower says that the whole bind has submitted too fast.
func (s status) slower() bool { return s == statusThrottled || s == statusQueueFull }

// lockedOut says that another try with the same credentials will do no good,
// and that many of them may lock the account.
func (s status) lockedOut() bool { return s == statusPassword || s == statusSystemID }

// statuses is the table of 5.1.3, as far as an answer to us may hold it. Most
// answers are the first.
var statuses = [...]struct {
	status      status
	code, words string
}{
	{0x00, "ESME_ROK", "no error"},
	{0x01, "ESME_RINVMSGLEN", "the length of the message is not allowed"},
	{0x02, "ESME_RINVCMDLEN", "the length of the command is not allowed"},
	{0x03, "ESME_RINVCMDID", "the gateway does not know the command"},
	{0x04, "ESME_RINVBNDSTS", "the gateway does not take the command on this bind"},
	{0x05, "ESME_RALYBND", "the gateway says that this bind is already there"},
	{0x06, "ESME_RINVPRTFLG", "the priority is not allowed"},
	{0x07, "ESME_RINVREGDLVFLG", "asking for receipts in this way is not allowed"},
	{0x08, "ESME_RSYSERR", "the gateway has an error of its own"},
	{0x0a, "ESME_RINVSRCADR", "the gateway does not accept the sender"},
	{0x0b, "ESME_RINVDSTADR", "the gateway does not accept the recipient's number"},
	{0x0c, "ESME_RINVMSGID", "the message id is not valid"},
	{0x0d, "ESME_RBINDFAIL", "the gateway refused the bind"},
	{0x0e, "ESME_RINVPASWD", "the gateway does not accept the password"},
	{0x0f, "ESME_RINVSYSID", "the gateway does not know the username"},
	{0x14, "ESME_RMSGQFUL", "the gateway's queue is full"},
	{0x15, "ESME_RINVSERTYP", "the service type is not valid"},
	{0x43, "ESME_RINVESMCLASS", "the kind of message is not allowed"},
	{0x45, "ESME_RSUBMITFAIL", "the gateway could not submit the message"},
	{0x48, "ESME_RINVSRCTON", "the type of the sender's number is not allowed"},
	{0x49, "ESME_RINVSRCNPI", "the numbering plan of the sender is not allowed"},
	{0x50, "ESME_RINVDSTTON", "the type of the recipient's number is not allowed"},
	{0x51, "ESME_RINVDSTNPI", "the numbering plan of the recipient is not allowed"},
	{0x53, "ESME_RINVSYSTYP", "the system type is not valid"},
	{0x58, "ESME_RTHROTTLED", "the gateway allows no more messages at this moment"},
	{0x61, "ESME_RINVSCHED", "the time to deliver at is not valid"},
	{0x62, "ESME_RINVEXPIRY", "the time to expire at is not valid"},
	{0x64, "ESME_RX_T_APPN", "the gateway cannot take it now"},
	{0x65, "ESME_RX_P_APPN", "the gateway can never take it"},
	{0x66, "ESME_RX_R_APPN", "the gateway refuses it"},
	{0xc0, "ESME_RINVOPTPARSTREAM", "the optional parameters cannot be read"},
	{0xc1, "ESME_ROPTPARNOTALLWD", "an optional parameter is not allowed"},
	{0xc2, "ESME_RINVPARLEN", "the length of a parameter is not allowed"},
	{0xc3, "ESME_RMISSINGOPTPARAM", "an optional parameter is missing"},
	{0xc4, "ESME_RINVOPTPARAMVAL", "the value of an optional parameter is not allowed"},
	{0xfe, "ESME_RDELIVERYFAILURE", "the gateway could not deliver the message"},
	{0xff, "ESME_RUNKNOWNERR", "the gateway has an error it does not name"},
}

// known returns nothing for a vendor's own status.
func (s status) known() (code, words string) {
	for i := range statuses {
		if statuses[i].status == s {
			return statuses[i].code, statuses[i].words
		}
	}
	return "", ""
}
