using System.Text;
using EventCluster.Abstractions.Store;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// Two silos talk only when they use one store (CORRECTNESS rule 29): each writes a random value into its own and the other must
/// find it there. A copy of a volume has everything that the original has, identity and membership included, and fails here.
/// Costs a few queries for each connection and none for a call.
/// </summary>
/// <param name="services">The silo; its store, address and membership are asked for when a connection needs them.</param>
public sealed class SameStoreStep(IServiceProvider services) : IHandshakeStep
{
    /// <summary>From the end that opened the connection: its value, then the identity that it serves.</summary>
    public const byte Claim = HandshakePeer.FirstFreeType;

    /// <summary>From the other one: what it found, its value, its address as a silo.</summary>
    public const byte Counterclaim = HandshakePeer.FirstFreeType + 1;

    /// <summary>From the end that opened the connection: what it found.</summary>
    public const byte Verdict = HandshakePeer.FirstFreeType + 2;

    private const int ValueBytes = 16;
    private const string Missed = "The two silos use different stores: what one writes the other does not find. One of them serves a copy.";
    private const string Unknown = "A store did not answer, so that nothing says whether the two silos use one.";

    private readonly TaskCompletionSource<string> _copy = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Done, with one line for the operator, when a silo of this one's own membership turns out to use another store before this
    /// one has joined: then this one was started on a copy. One that serves already only refuses the connection.
    /// </summary>
    public Task<string> StartedOnACopy => _copy.Task;

    /// <inheritdoc />
    public bool AppliesTo(ClusterPort port) => port == ClusterPort.Silo;

    /// <inheritdoc />
    public Task ConnectAsync(HandshakePeer peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return WithValueAsync(async (store, value) =>
        {
            await peer.SendAsync(Claim, [.. value.ToByteArray(), .. Encoding.ASCII.GetBytes(store.Identity.Id)], cancellationToken);
            var answer = await peer.ReceiveAsync(Counterclaim, cancellationToken);
            if (answer.Length <= 1 + ValueBytes)
            {
                throw new HandshakeRefusedException("The other end speaks another version of this handshake.");
            }

            var theirs = (Finding)answer[0];
            var ours = await FindAsync(store, new Guid(answer.AsSpan(1, ValueBytes)), cancellationToken);
            await peer.SendAsync(Verdict, [(byte)ours], cancellationToken);
            if (ours == Finding.Missing || theirs == Finding.Missing)
            {
                NoteCopy(Encoding.UTF8.GetString(answer.AsSpan(1 + ValueBytes)));
            }

            Demand(ours, theirs);
        }, cancellationToken);
    }

    /// <inheritdoc />
    public Task AcceptAsync(HandshakePeer peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return WithValueAsync(async (store, value) =>
        {
            var claim = await peer.ReceiveAsync(Claim, cancellationToken);
            if (claim.Length <= ValueBytes)
            {
                throw new HandshakeRefusedException("The other end speaks another version of this handshake.");
            }

            if (Encoding.ASCII.GetString(claim.AsSpan(ValueBytes)) != store.Identity.Id)
            {
                throw new HandshakeRefusedException("The two silos serve data of different identities.");
            }

            var ours = await FindAsync(store, new Guid(claim.AsSpan(0, ValueBytes)), cancellationToken);
            var address = services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();
            await peer.SendAsync(
                Counterclaim, [(byte)ours, .. value.ToByteArray(), .. Encoding.UTF8.GetBytes(address)], cancellationToken);
            var verdict = await peer.ReceiveAsync(Verdict, cancellationToken);
            Demand(ours, verdict.Length == 1 ? (Finding)verdict[0] : Finding.Unknown);
        }, cancellationToken);
    }

    private static void Demand(Finding ours, Finding theirs)
    {
        if (ours == Finding.Missing || theirs == Finding.Missing)
        {
            throw new HandshakeRefusedException(Missed);
        }

        if (ours != Finding.Found || theirs != Finding.Found)
        {
            throw new HandshakeRefusedException(Unknown) { IsPassing = true };
        }
    }

    private static async Task<Finding> FindAsync(IStoreIdentity store, Guid value, CancellationToken cancellationToken)
    {
        try
        {
            return await store.HasProofAsync(value, cancellationToken) ? Finding.Found : Finding.Missing;
        }
        catch (IOException)
        {
            return Finding.Unknown;
        }
    }

    private async Task WithValueAsync(Func<IStoreIdentity, Guid, Task> act, CancellationToken cancellationToken)
    {
        var store = services.GetRequiredService<IStoreIdentity>();
        var value = ProofValue.Draw();
        try
        {
            await store.WriteProofAsync(value, cancellationToken);
            await act(store, value);
        }
        catch (HandshakeRefusedException e) when (e is { IsTold: true, Message: Unknown })
        {
            // The other end's store did not answer, before this one could be asked.
            throw new HandshakeRefusedException(Unknown, isTold: true) { IsPassing = true };
        }
        catch (StoreUnreachableException)
        {
            throw new HandshakeRefusedException(Unknown) { IsPassing = true };
        }
        finally
        {
            await RemoveAsync(store, value);
        }
    }

    private static async Task RemoveAsync(IStoreIdentity store, Guid value)
    {
        try
        {
            await store.RemoveProofAsync(value, CancellationToken.None);
        }
        catch (IOException)
        {
            // It is swept later.
        }
    }

    /// <summary>
    /// Only a silo at a place that this one's own store names says something about that store: the one of the row, or a later
    /// start of it. Both carry one identity and use two stores, so that one of the two is a copy; the one that comes later ends.
    /// </summary>
    private void NoteCopy(string address)
    {
        var members = services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members;
        var own = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var isJoining = !members.TryGetValue(own, out var me) || me.Status is SiloStatus.None or SiloStatus.Created or SiloStatus.Joining;
        var named = members.Values.FirstOrDefault(member => member.Status != SiloStatus.Dead && IsOrFollows(address, member.SiloAddress));
        if (isJoining && named is not null)
        {
            _copy.TrySetResult(
                $"The silo at {named.SiloAddress.Endpoint}, which the membership in this store names ('{named.Name}'), serves the same "
                + "identity from another store: one of the two is a copy. If it is this one, start one node of it once with --restored; "
                + "else stop the other one.");
        }
    }

    private static bool IsOrFollows(string address, SiloAddress member) =>
        SiloAddress.TryParse(address, out var theirs)
        && theirs.Endpoint.Equals(member.Endpoint)
        && theirs.Generation >= member.Generation;

    private enum Finding : byte
    {
        Unknown = 0,
        Found = 1,
        Missing = 2,
    }
}
