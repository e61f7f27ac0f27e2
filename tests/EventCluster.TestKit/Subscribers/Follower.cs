using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>One connection of a client, pulled by a test: every step has a hang guard.</summary>
public sealed class Follower : IAsyncDisposable
{
    private readonly CancellationTokenSource _left;
    private readonly IAsyncEnumerator<Sighting> _sightings;
    private readonly string _name;

    /// <param name="client">The transport.</param>
    /// <param name="request">What to follow.</param>
    /// <param name="cancellationToken">The test's end.</param>
    public Follower(ISubscriberClient client, SubscribeRequest request, CancellationToken cancellationToken)
    {
        _name = client.Name;
        _left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _sightings = client.FollowAsync(request, _left.Token).GetAsyncEnumerator(_left.Token);
    }

    /// <summary>The newest token that the transport gave to resume with.</summary>
    public string? Token { get; private set; }

    /// <summary>The next sighting; null after the last.</summary>
    public async Task<Sighting?> NextAsync()
    {
        var moving = _sightings.MoveNextAsync().AsTask();
        if (!await Phase.OfAsync($"{_name}: next sighting", moving))
        {
            return null;
        }

        Token = _sightings.Current.Token ?? Token;
        return _sightings.Current;
    }

    /// <summary>The next sighting that is not a position, which must be of this kind.</summary>
    /// <exception cref="InvalidDataException">It is another one.</exception>
    public async Task<T> ExpectAsync<T>()
        where T : Sighting
    {
        while (true)
        {
            switch (await NextAsync())
            {
                case T expected:
                    return expected;
                case Sighting.Position:
                    break;
                case var other:
                    throw new InvalidDataException($"{_name}: expected {typeof(T).Name}, seen {other?.ToString() ?? "the end"}.");
            }
        }
    }

    /// <summary>Reads events until this position is reached.</summary>
    public async Task<IReadOnlyList<Sighting.Event>> EventsToAsync(StreamOffset position)
    {
        var events = new List<Sighting.Event>();
        while (events.Count == 0 || events[^1].Offset.Sequence < position.Sequence)
        {
            events.Add(await ExpectAsync<Sighting.Event>());
        }

        return events;
    }

    /// <summary>Reads until the connection is over; answers everything that it showed, positions left out.</summary>
    public async Task<IReadOnlyList<Sighting>> RestAsync()
    {
        var rest = new List<Sighting>();
        while (await NextAsync() is { } next)
        {
            if (next is not Sighting.Position)
            {
                rest.Add(next);
            }
        }

        return rest;
    }

    /// <summary>Leaves: the connection is closed from this side.</summary>
    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        try
        {
            await _sightings.DisposeAsync();
        }
        catch (NotSupportedException)
        {
            // A step is still under way, after a hang guard: the cancellation above ends it.
        }

        _left.Dispose();
    }
}
