using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.WebSockets;

/// <summary>
/// What a client's messages do: messages in; answers, changes of subscriptions and appends out. No waiting, no clock. For
/// one thread at a time.
/// </summary>
/// <param name="subscriptions">The streams of the connection.</param>
/// <param name="messages">The answers.</param>
/// <param name="durability">What an ack promises.</param>
/// <param name="append">Starts an append, whose outcome comes back to <see cref="OnAppended"/>.</param>
/// <param name="close">Ends the connection; nothing is written afterwards.</param>
internal sealed class WebSocketProtocol(
    SubscriptionSet subscriptions,
    ServerMessages messages,
    Durability durability,
    Action<ClientMessage.Append> append,
    Action<CloseCode, string> close)
{
    /// <summary>A message arrived.</summary>
    public void Receive(ClientMessage message)
    {
        switch (message)
        {
            case ClientMessage.Subscribe m:
                Subscribe(m);
                break;
            case ClientMessage.Unsubscribe m:
                Unsubscribe(m);
                break;
            case ClientMessage.Append m:
                append(m);
                break;
            case ClientMessage.Credit m:
                // Its subscription may have ended while the message was on its way: then it means nothing.
                if (subscriptions.TryGet(m.Stream, out var subscription))
                {
                    subscriptions.AddCredit(subscription, m.Bytes);
                }

                break;
            case ClientMessage.Ping m:
                messages.Pong(m.Id);
                break;
            case ClientMessage.Refused m:
                messages.Error(m.Id, m.Stream, m.Fault);
                break;
        }
    }

    /// <summary>An append is decided.</summary>
    public void OnAppended(ClientMessage.Append message, AppendOutcome outcome)
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

    private void Subscribe(ClientMessage.Subscribe message)
    {
        if (subscriptions.TryGet(message.Stream, out _))
        {
            messages.Error(message.Id, message.Stream.Value, RequestFault.BadRequest(
                "The stream is subscribed to already; unsubscribe first to start elsewhere."));
        }
        else if (subscriptions.Count == EdgeLimits.MaxStreamsPerSession)
        {
            close(CloseCode.Policy, $"A connection has at most {EdgeLimits.MaxStreamsPerSession} subscriptions.");
        }
        else
        {
            subscriptions.Add(new Subscription(message.Stream, message.Options, message.Id));
        }
    }

    private void Unsubscribe(ClientMessage.Unsubscribe message)
    {
        if (subscriptions.TryGet(message.Stream, out var subscription))
        {
            subscriptions.Remove(subscription);
            if (!subscription.IsOpen)
            {
                // Every request is answered, also one that the client took back before it was dealt with.
                messages.Failed(subscription, RequestFault.BadRequest("The stream was unsubscribed from before its subscription began."));
            }

            messages.Unsubscribed(message.Id, subscription);
        }
        else
        {
            messages.Error(message.Id, message.Stream.Value, RequestFault.BadRequest("The stream is not subscribed to."));
        }
    }
}
