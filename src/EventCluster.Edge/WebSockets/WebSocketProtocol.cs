using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// What a client's messages do: messages in; answers, changes of subscriptions and appends out. No waiting, no clock. For
/// one thread at a time.
/// </summary>
/// <param name="subscriptions">The streams of the connection.</param>
/// <param name="messages">The answers.</param>
/// <param name="durability">What an ack promises.</param>
/// <param name="append">Starts an append, whose outcome comes back to <see cref="OnAppended"/>.</param>
/// <param name="later">Has something done after the present piece of work.</param>
/// <param name="close">Ends the connection; nothing is written afterwards.</param>
/// <remarks>Each stream's requests are answered in their order; a request that changes subscriptions is done in its turn.</remarks>
internal sealed class WebSocketProtocol(
    SubscriptionSet subscriptions,
    ServerMessages messages,
    Durability durability,
    Action<ClientMessage.Append, AnswerOrder.Answer> append,
    Action<Action> later,
    Action<CloseCode, string> close)
{
    private readonly AnswerOrder _answers = new();

    /// <summary>A message arrived.</summary>
    /// <param name="message">The message.</param>
    /// <param name="done">Called once, when the message is not held any more.</param>
    public void Receive(ClientMessage message, Action done)
    {
        switch (message)
        {
            case ClientMessage.Subscribe m:
                var answer = _answers.Begin(m.Stream);
                _answers.Take(answer, () =>
                {
                    done();
                    Subscribe(m, answer);
                });
                return;
            case ClientMessage.Unsubscribe m:
                Unsubscribe(m, done);
                return;
            case ClientMessage.Append m:
                append(m, _answers.Begin(m.Stream));
                break;
            case ClientMessage.Credit m when !subscriptions.TryGet(m.Stream, out _) && _answers.HasOpen(m.Stream):
                // Its subscription may be about to begin.
                _answers.Complete(_answers.Begin(m.Stream), () =>
                {
                    done();
                    AddCredit(m);
                });
                return;
            case ClientMessage.Credit m:
                AddCredit(m);
                break;
            case ClientMessage.Ping m:
                messages.Pong(m.Id);
                break;
            case ClientMessage.Refused { Stream: { } name } m when StreamName.TryParse(name, out var stream, out _):
                _answers.Complete(_answers.Begin(stream), () =>
                {
                    done();
                    messages.Error(m.Id, m.Stream, m.Fault);
                });
                return;
            case ClientMessage.Refused m:
                messages.Error(m.Id, m.Stream, m.Fault);
                break;
        }

        done();
    }

    /// <summary>An append is decided; it is answered after what was asked of its stream before.</summary>
    /// <param name="message">The append.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="outcome">What the owner decided.</param>
    /// <param name="answered">Called when the answer is written.</param>
    public void OnAppended(ClientMessage.Append message, AnswerOrder.Answer answer, AppendOutcome outcome, Action answered) =>
        _answers.Complete(answer, () =>
        {
            answered();
            Answer(message, outcome);
        });

    /// <summary>The client was told that a subscription began, or did not.</summary>
    public void OnAnswered(Subscription subscription)
    {
        if (subscription.Answer is { } answer)
        {
            // Later: what waits for this answer may change the subscriptions, which are being changed now.
            subscription.Answer = null;
            later(() => _answers.End(answer));
        }
    }

    private void Answer(ClientMessage.Append message, AppendOutcome outcome)
    {
        switch (outcome)
        {
            case AppendOutcome.Appended a:
                messages.Appended(message.Id, message.Stream, a.Next, isDuplicate: false, a.Closed, durability);
                break;
            case AppendOutcome.Duplicate d:
                messages.Appended(message.Id, message.Stream, d.Tail, isDuplicate: true, d.Closed, durability);
                break;
            case AppendOutcome.AlreadyClosed c:
                messages.Appended(message.Id, message.Stream, c.Tail, isDuplicate: true, isClosed: true, durability);
                break;
            default:
                messages.Error(message.Id, message.Stream.Value, ErrorResponses.Of(outcome, message.Stream)!);
                break;
        }
    }

    private void AddCredit(ClientMessage.Credit message)
    {
        // Its subscription may have ended while the message was on its way: then it means nothing.
        if (subscriptions.TryGet(message.Stream, out var subscription))
        {
            subscriptions.AddCredit(subscription, message.Bytes);
        }
    }

    private void Subscribe(ClientMessage.Subscribe message, AnswerOrder.Answer answer)
    {
        if (subscriptions.TryGet(message.Stream, out _))
        {
            messages.Error(message.Id, message.Stream.Value, RequestFault.BadRequest(
                "The stream is subscribed to already; unsubscribe first to start elsewhere."));
            _answers.End(answer);
        }
        else if (subscriptions.Count == EdgeLimits.MaxStreamsPerSession)
        {
            close(CloseCode.Policy, $"A connection has at most {EdgeLimits.MaxStreamsPerSession} subscriptions.");
        }
        else
        {
            // An answer that waits for its stream to be created holds up no other.
            var waits = message.Options.WaitForStream is not null;
            subscriptions.Add(new Subscription(message.Stream, message.Options, message.Id) { Answer = waits ? null : answer });
            if (waits)
            {
                _answers.End(answer);
            }
        }
    }

    /// <summary>
    /// Whether nothing was asked of the stream between a subscription and the request that takes it back. Otherwise that request
    /// means a later subscription, and waits for its turn.
    /// </summary>
    private static bool IsAnsweredNext(Subscription opening, AnswerOrder.Answer answer) =>
        opening.Answer is { } begun ? begun.Next == answer : answer.IsFirst;

    /// <summary>Every request is answered, also one that the client took back before it was dealt with.</summary>
    private void TakeBack(Subscription opening)
    {
        subscriptions.Remove(opening);
        messages.Failed(opening, RequestFault.BadRequest("The stream was unsubscribed from before its subscription began."));
    }

    private void Unsubscribe(ClientMessage.Unsubscribe message, Action done)
    {
        var answer = _answers.Begin(message.Stream);
        if (subscriptions.TryGet(message.Stream, out var opening) && !opening.IsOpen && IsAnsweredNext(opening, answer))
        {
            TakeBack(opening);
        }
        else
        {
            opening = null;
        }

        _answers.Complete(answer, () =>
        {
            done();
            var subscription = opening;
            if (subscription is null && subscriptions.TryGet(message.Stream, out subscription))
            {
                if (!subscription.IsOpen)
                {
                    TakeBack(subscription);
                }

                subscriptions.Remove(subscription);
            }

            if (subscription is not null)
            {
                messages.Unsubscribed(message.Id, subscription);
            }
            else
            {
                messages.Error(message.Id, message.Stream.Value, RequestFault.BadRequest("The stream is not subscribed to."));
            }
        });
    }
}
